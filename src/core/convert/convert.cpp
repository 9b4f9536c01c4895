#include "core/convert/convert.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/convert/declared.hpp"
#include "core/convert/json.hpp"
#include "core/convert/number.hpp"
#include "core/convert/problem.hpp"
#include "core/convert/time.hpp"

namespace tandem::core {
namespace {

using base::Cell;
using base::ColumnType;
using base::Kind;
using base::TypeClass;
using base::Value;

// With "type": "json" or "array" a text column gets JSON text, strings quoted, so that all
// of its rows can be read the same way.
bool wants_json_text(DeclaredType declared) noexcept {
  return declared == DeclaredType::json || declared == DeclaredType::array;
}

// What Postgres would cut without a word: "name" behind NAMEDATALEN - 1, "char" behind its one byte.
std::size_t longest(const ColumnType& type) noexcept {
  constexpr std::size_t kNameBytes = 63;
  return type.name == "name" ? kNameBytes : type.name == "\"char\"" ? 1 : std::string::npos;
}

std::optional<Problem> check_length(const Value& value, const ColumnType& type, std::string_view text) {
  if (type.length >= 0 &&
      text.size() > static_cast<std::size_t>(type.length)) {  // bytes are never fewer than characters
    const std::size_t characters = base::utf8_length(text);
    if (characters > static_cast<std::size_t>(type.length)) {
      return beyond_limits(code::kTooLong, value, type,
                           base::strcat("it has ", characters, " characters, allowed are ", type.length),
                           "Make the column text, or longer.");
    }
  }
  if (text.size() > longest(type)) {
    return beyond_limits(code::kTooLong, value, type,
                         base::strcat("it has ", text.size(), " bytes, allowed are ", longest(type)),
                         "Make the column text.");
  }
  return std::nullopt;
}

// Text types, and types that only their input function knows (`input`).
std::optional<Problem> to_text(const Value& value, const ColumnType& type, DeclaredType declared,
                               base::TextArena& arena, Cell& cell) {
  std::string_view text = value.text;
  if (wants_json_text(declared)) {
    text = json_text(value, arena);
  } else if (value.kind == Kind::json) {
    return cannot_convert(
        code::kWrongKind, value, type, "it is not a single value",
        "Map a field inside of it, make the column jsonb, or add \"type\": \"json\" to the mapping to store "
        "it as JSON text.");
  }
  if (auto problem = check_length(value, type, text)) return problem;
  cell.form = Cell::Form::text;
  cell.text = text;
  return std::nullopt;
}

// Types whose input functions take more than stands there: words, other zones' times, -1 for 4294967295.
std::optional<Problem> to_input(const Value& value, const ColumnType& type, DeclaredType declared,
                                base::TextArena& arena, Cell& cell) {
  const std::string_view name = type.name;
  if (name == "money") return to_numeric(value, type, cell);  // how many digits it keeps: pg/staging.cpp
  if (name == "oid" || name == "xid" || name == "cid") return to_oid(value, type, cell);
  if (name.starts_with("time") && name.ends_with("with time zone")) return to_timetz(value, type, cell);
  return to_text(value, type, declared, arena, cell);
}

std::optional<Problem> to_boolean(const Value& value, const ColumnType& type, Cell& cell) {
  const auto truth = truth_of(value);
  if (!truth) {
    return cannot_convert(code::kWrongKind, value, type, "it is not true, false, 0 or 1",
                          "Map the field to a text column.");
  }
  cell.form = Cell::Form::integer;
  cell.integer = *truth ? 1 : 0;
  return std::nullopt;
}

std::optional<Problem> to_uuid(const Value& value, const ColumnType& type, Cell& cell) {
  if (value.kind != Kind::string || !looks_like_uuid(value.text)) {
    return cannot_convert(code::kWrongKind, value, type, "it is not text of 8-4-4-4-12 hexadecimal digits",
                          "Map the field to a text column.");
  }
  cell.form = Cell::Form::text;
  cell.text = value.text;
  return std::nullopt;
}

// Base64 and plain text look alike, so only Postgres's own hex form says what it is.
std::optional<Problem> to_bytea(const Value& value, const ColumnType& type, Cell& cell) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); };
  const std::string_view text = value.text;
  const bool valid = value.kind == Kind::string && text.starts_with("\\x") && text.size() % 2 == 0 &&
                     std::all_of(text.begin() + 2, text.end(), is_hex);
  if (!valid) {
    return cannot_convert(code::kWrongKind, value, type,
                          "it is not text like \\x01ab, and which encoding is meant would be a guess",
                          "Map the field to a text column and decode it there, e.g. with decode(column, 'base64').");
  }
  cell.form = Cell::Form::text;
  cell.text = text;
  return std::nullopt;
}

std::optional<Problem> to_column(const Value& value, const ColumnType& type, DeclaredType declared,
                                 base::TextArena& arena, Cell& cell) {
  switch (type.type_class) {
    case TypeClass::input:
      return to_input(value, type, declared, arena, cell);
    case TypeClass::text:
      return to_text(value, type, declared, arena, cell);
    case TypeClass::smallint:
    case TypeClass::integer:
    case TypeClass::bigint:
      return to_integer(value, type, cell);
    case TypeClass::numeric:
      return to_numeric(value, type, cell);
    case TypeClass::real:
    case TypeClass::double_precision:
      return to_real(value, type, cell);
    case TypeClass::boolean:
      return to_boolean(value, type, cell);
    case TypeClass::date:
      return to_date(value, type, cell);
    case TypeClass::time:
      return to_time(value, type, cell);
    case TypeClass::timestamp:
      return to_timestamp(value, type, cell);
    case TypeClass::timestamptz:
      return to_timestamptz(value, type, cell);
    case TypeClass::interval:
      return to_interval(value, type, cell);
    case TypeClass::uuid:
      return to_uuid(value, type, cell);
    case TypeClass::json:
    case TypeClass::jsonb:
      return to_json(value, type, arena, cell);
    case TypeClass::bytea:
      return to_bytea(value, type, cell);
    case TypeClass::array:
      return to_array(value, type, arena, cell);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Problem> convert(const Value& value, const ColumnType& type, DeclaredType declared,
                               base::TextArena& arena, Cell& cell) {
  if (value.kind == Kind::null || value.kind == Kind::absent) {
    cell = Cell{};
    return std::nullopt;
  }
  if (value.kind == Kind::broken) {
    return cannot_convert(code::kNotText, value, type,
                          "it contains \\u0000 or half a surrogate pair, which no text can hold",
                          "Correct the record at its source.");
  }
  if (declared != DeclaredType::none) {
    if (auto problem = check_declared(value, declared)) return problem;
  }
  return to_column(value, type, declared, arena, cell);
}

}  // namespace tandem::core
