// A JSON array of scalars into the literal of a Postgres array, element by element under
// the rules of the element's type.
#include "base/strings.hpp"
#include "core/convert/json.hpp"
#include "core/convert/problem.hpp"
#include "core/convert/iso_time.hpp"
#include "core/convert/json_elements.hpp"

namespace tandem::core {
namespace {

using base::Cell;
using base::ColumnType;
using base::Kind;
using base::TypeClass;
using base::Value;

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
    case Cell::Form::made:  // no conversion gives it
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
  JsonElements elements(value.text);
  for (std::size_t number = 1; const auto raw = elements.next(); ++number) {
    const Value element = value_of_element(*raw, arena);
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
