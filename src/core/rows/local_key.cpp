#include "core/rows/local_key.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/convert/convert.hpp"
#include "core/convert/decimal.hpp"
#include "core/convert/iso_time.hpp"
#include "core/rows/json_hash.hpp"
#include "core/convert/json_value.hpp"

namespace tandem::core {

using base::Cell;
using base::Kind;
using base::TypeClass;

namespace {

// As the type's input function takes it, whatever the session's settings.
std::string text_of(const Cell& cell, const base::ColumnType& type) {
  switch (cell.form) {
    case Cell::Form::null:
    case Cell::Form::made:  // a key that the database computes is not kept
      return {};
    case Cell::Form::text:
      return std::string(cell.text);
    case Cell::Form::integer:
      if (type.type_class == TypeClass::boolean) return cell.integer != 0 ? "true" : "false";
      return std::to_string(cell.integer);
    case Cell::Form::real: {
      std::array<char, 32> buffer{};
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), cell.real).ptr;
      return {buffer.data(), end};
    }
    case Cell::Form::time: {
      std::string text;
      if (type.type_class == TypeClass::date)
        append_date(text, cell.integer);
      else
        append_timestamp(text, cell.integer, type.type_class == TypeClass::timestamptz ? "+00" : "");
      return text;
    }
  }
  return {};
}

bool exact_type(const base::ColumnType& type) {
  return type.type_class == TypeClass::text && (type.name == "text" || type.name.starts_with("character varying"));
}

bool is_whole(const base::ColumnType& type) {
  return type.type_class == TypeClass::smallint || type.type_class == TypeClass::integer ||
         type.type_class == TypeClass::bigint;
}

// 7.0, 70e-1 and 7 alike; what is no number stays.
std::string canonical_number(std::string text) {
  const auto decimal = Decimal::parse(text);
  if (!decimal) return text;
  if (decimal->digits() == 0) return "0";
  std::string out = decimal->negative() ? "-." : ".";
  for (std::size_t i = 0; i < decimal->digits(); ++i) out.push_back(decimal->digit(i));
  return base::strcat(out, "e", decimal->point());
}

}  // namespace

LocalKey::LocalKey(const Mapping& mapping, const Target& target, const std::vector<std::string>& key,
                   const std::vector<std::string>& match_on, const TextCase* letters)
    : parts_(key.size()), letters_(letters) {
  std::size_t from_id = 0;
  for (const std::string& name : match_on) {
    const auto mapped = std::ranges::find(mapping.columns, name, &ColumnMapping::column);
    const auto local = std::ranges::find(target.columns, name, &TargetColumn::name);
    if (mapped == mapping.columns.end() || local == target.columns.end()) {
      derived_ = false;
      continue;
    }
    Column column{.name = name,
                  .type = local->type,
                  .declared = mapped->type,
                  .position = static_cast<std::size_t>(mapped - mapping.columns.begin())};
    if (mapped->constant) {
      Cell cell;
      (void)convert(value_of_json(*mapped->constant, text_), column.type, column.declared, text_, cell);
      column.constant = cell;
    } else {
      const auto part = std::ranges::find(key, mapped->field);
      may_change_ = may_change_ || part == key.end() || !mapped->to_local.empty() || mapped->reference;
      // 7 and "7" are two values of jsonb, and one id.
      derived_ = derived_ && part != key.end() && mapped->to_local.empty() && !mapped->reference &&
                 column.type.type_class != TypeClass::jsonb;
      column.part = static_cast<std::size_t>(part - key.begin());
      ++from_id;
    }
    columns_.push_back(std::move(column));
  }
  derived_ = derived_ && from_id == key.size();
  for (const Column& column : columns_) {
    exact_ = exact_ && derived_ && (column.constant || exact_type(column.type));
    exact_or_whole_ =
        exact_or_whole_ && derived_ && (column.constant || exact_type(column.type) || is_whole(column.type));
  }
}

// In an id of several parts some text may look like a number that is written in another way: asked once too often.
bool LocalKey::tells_apart(std::string_view origin_id) const noexcept {
  if (exact_) return true;
  return exact_or_whole_ && origin_id.find_first_of(".eE") == std::string_view::npos &&
         origin_id.find("-0") == std::string_view::npos;
}

std::string LocalKey::stored(std::span<const Cell> row) const {
  base::Json json = base::Json::object();
  for (const Column& column : columns_) {
    if (column.constant) continue;
    const Cell& cell = row[column.position];
    json.set(column.name, cell.form == Cell::Form::null ? base::Json() : base::Json(text_of(cell, column.type)));
  }
  return json.dump();
}

void LocalKey::cells(std::string_view origin_id, const std::optional<std::string>& stored, base::TextArena& arena,
                     std::vector<Cell>& out) const {
  const base::Result<base::Json> json = stored                   ? base::Json::parse(*stored)
                                        : derived_ && parts_ > 1 ? base::Json::parse(origin_id)
                                                                 : base::Result<base::Json>(base::Json());
  for (const Column& column : columns_) {
    Cell cell;
    if (column.constant) {
      cell = *column.constant;
    } else if (stored) {
      const auto text = json.ok() ? json->string_at(column.name) : std::nullopt;
      if (text) {
        cell.form = Cell::Form::text;
        cell.text = arena.keep(*text);
      }
    } else if (derived_ && parts_ == 1) {
      cell = cell_of_id(origin_id, column, arena);
    } else if (derived_ && json.ok() && json->is_array() && json->items().size() == parts_) {
      cell = cell_of_id(arena.keep(json->items()[column.part].string()), column, arena);
    }
    out.push_back(cell);
  }
}

// The id does not say what kind of value it was: whatever fits it was.
Cell LocalKey::cell_of_id(std::string_view text, const Column& column, base::TextArena& arena) const {
  Cell cell;
  for (const Kind kind : {Kind::string, Kind::number, Kind::boolean})
    if (!convert({kind, text}, column.type, column.declared, arena, cell)) return cell;
  cell = {};
  cell.form = Cell::Form::text;
  cell.text = text;
  return cell;
}

// "007" and "7", "1.50" and "1.5", in citext "A" and "a": what a type takes for the same looks the same. Of a type that
// is not known to us, what may be the same does.
std::string LocalKey::folded(std::string text, const base::ColumnType& type) const {
  if (exact_type(type)) return text;
  const auto lowered = [&] {
    base::TextArena arena;
    return letters_ == nullptr ? base::lower(text) : std::string(letters_->lower(text, arena));
  };
  switch (type.type_class) {
    case TypeClass::text:
      if (type.name.find("citext") != std::string::npos) return lowered();
      text.erase(text.find_last_not_of(' ') + 1);  // char(n)
      return text;
    case TypeClass::input:
      return lowered();
    case TypeClass::numeric:
      return canonical_number(std::move(text));
    case TypeClass::uuid:
      std::erase_if(text, [](char c) { return c == '-' || c == '{' || c == '}'; });
      return base::lower(text);
    case TypeClass::jsonb:
      if (text.starts_with('{') || text.starts_with('[')) return std::to_string(json_hash(text, 0));
      return text.starts_with('"') ? text : canonical_number(std::move(text));
    default:
      return base::lower(text);
  }
}

std::string LocalKey::fingerprint(std::span<const Cell> cells) const {
  std::string print;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string text = folded(text_of(cells[i], columns_[i].type), columns_[i].type);
    print += base::strcat(text.size(), ":", text);
  }
  return print;
}

}  // namespace tandem::core
