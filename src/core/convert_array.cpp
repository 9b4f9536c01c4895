// A JSON array of scalars into the literal of a Postgres array, element by element under
// the rules of the element's type.
#include <algorithm>

#include "base/json_text.hpp"
#include "base/strings.hpp"
#include "core/convert_json.hpp"
#include "core/convert_problem.hpp"
#include "core/iso_time.hpp"

namespace tandem::core {
namespace {

using base::Cell;
using base::ColumnType;
using base::Kind;
using base::TypeClass;
using base::Value;

// Walks the elements of a JSON array that the page reader has found well-formed; every
// step checks its bounds all the same.
class Elements {
 public:
  explicit Elements(std::string_view raw) : rest_(raw.substr(1)) {}

  // The next element as raw JSON; nullopt at the end.
  std::optional<std::string_view> next() {
    while (!rest_.empty() && (base::is_json_space(rest_[0]) || rest_[0] == ',')) rest_.remove_prefix(1);
    if (rest_.empty() || rest_[0] == ']') return std::nullopt;
    const std::size_t size = element_size();
    const std::string_view element = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return element;
  }

 private:
  [[nodiscard]] std::size_t element_size() const noexcept {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '"') {
        i = string_end(i);
        if (depth == 0) return std::min(i + 1, rest_.size());
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (depth > 0 && (c == '}' || c == ']')) {
        if (--depth == 0) return i + 1;
      } else if (depth == 0 && (c == ',' || c == ']' || base::is_json_space(c))) {
        return i;
      }
    }
    return rest_.size();
  }

  // The position of the quote that closes the string opened at `open`.
  [[nodiscard]] std::size_t string_end(std::size_t open) const noexcept {
    std::size_t i = open + 1;
    while (i < rest_.size() && rest_[i] != '"') i += rest_[i] == '\\' ? 2 : 1;
    return i;
  }

  std::string_view rest_;
};

Value element_value(std::string_view raw, base::TextArena& arena) {
  switch (raw[0]) {
    case '"': {
      const std::string_view inside = raw.substr(1, raw.size() < 2 ? 0 : raw.size() - 2);
      if (inside.find('\\') == std::string_view::npos) return {Kind::string, inside};
      const auto text = base::valid_escapes(inside) ? base::unescape(inside, arena) : std::nullopt;
      return text ? Value{Kind::string, *text} : Value{Kind::broken, raw};
    }
    case 'n':
      return {Kind::null, {}};
    case 't':
    case 'f':
      return {Kind::boolean, raw};
    case '{':
    case '[':
      return {Kind::json, raw};
    default:
      return {Kind::number, raw};
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

// A converted element as the element type's input function reads it.
void append_element(std::string& out, const Value& value, const Cell& cell, TypeClass type) {
  switch (cell.form) {
    case Cell::Form::null:
      out.append("NULL");
      return;
    case Cell::Form::text:
      append_quoted(out, cell.text);
      return;
    case Cell::Form::integer:
      if (type == TypeClass::boolean)
        out.push_back(cell.integer != 0 ? 't' : 'f');
      else
        out.append(std::to_string(cell.integer));
      return;
    case Cell::Form::real:
      out.append(value.text);
      return;  // checked to be exactly what is stored
    case Cell::Form::time:
      out.push_back('"');
      if (type == TypeClass::date)
        append_date(out, cell.integer);
      else
        append_timestamp(out, cell.integer, type == TypeClass::timestamptz ? "+00" : "");
      out.push_back('"');
      return;
  }
}

ColumnType element_type_of(const ColumnType& type) {
  ColumnType element = type;
  element.type_class = type.element_class;
  if (element.name.ends_with("[]")) element.name.resize(element.name.size() - 2);
  return element;
}

Problem in_element(std::size_t number, Problem inner) {
  return {code::kArrayElement, inner.error_type, base::strcat("array element ", number, ": ", inner.message),
          inner.suggestion};
}

}  // namespace

std::optional<Problem> to_array(const Value& value, const ColumnType& type, base::TextArena& arena, Cell& cell) {
  if (value.kind != Kind::json || !value.text.starts_with('[')) {
    return cannot_convert(code::kWrongKind, value, type, "it is not an array",
                          base::strcat("Make the column ", value.kind == Kind::json ? "jsonb" : "text", "."));
  }
  const ColumnType element_type = element_type_of(type);
  std::string literal = "{";
  Elements elements(value.text);
  for (std::size_t number = 1; const auto raw = elements.next(); ++number) {
    const Value element = element_value(*raw, arena);
    Cell converted;
    if (auto problem = convert(element, element_type, DeclaredType::none, arena, converted)) {
      return in_element(number, std::move(*problem));
    }
    if (number > 1) literal.push_back(',');
    append_element(literal, element, converted, element_type.type_class);
  }
  literal.push_back('}');
  cell.form = Cell::Form::text;
  cell.text = arena.keep(literal);
  return std::nullopt;
}

}  // namespace tandem::core
