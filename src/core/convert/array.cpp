// A JSON array into the literal of a Postgres array, element by element under the rules of
// the element's type; arrays of arrays become arrays of more dimensions.
#include <array>

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

// The literal while it is written. Postgres's arrays are boxes: as many elements in each inner array as in its
// neighbours.
class ArrayLiteral {
 public:
  ArrayLiteral(const Value& array, const ColumnType& type, base::TextArena& arena)
      : array_(array), type_(type), element_(element_type_of(type)), arena_(arena) {}

  std::optional<Problem> write() { return add_array(array_.text, 0); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  static constexpr std::size_t kDimensions = 6;  // Postgres's MAXDIM
  static constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);

  std::optional<Problem> add_array(std::string_view raw, std::size_t depth);
  std::optional<Problem> add_element(std::string_view raw, std::size_t depth);
  [[nodiscard]] Problem refused(std::string_view why) const {
    return cannot_convert(code::kArrayElement, array_, type_, why, "Make the column jsonb.");
  }
  [[nodiscard]] Problem ragged() const {
    return refused("its inner arrays are not all of one length, which an array of Postgres cannot be");
  }
  [[nodiscard]] Problem in_element(Problem inner) const;
  // To json and jsonb an inner array is an element like any other.
  [[nodiscard]] bool nests(std::string_view raw) const noexcept {
    return raw.starts_with('[') && element_.type_class != TypeClass::json && element_.type_class != TypeClass::jsonb;
  }

  const Value& array_;
  const ColumnType& type_;
  ColumnType element_;
  base::TextArena& arena_;
  std::string text_;
  std::array<std::size_t, kDimensions> sizes_{kUnknown, kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};
  std::array<std::size_t, kDimensions> place_{};  // of the element at hand
  std::size_t bottom_ = kUnknown;                 // where the elements are that are no arrays
};

std::optional<Problem> ArrayLiteral::add_array(std::string_view raw, std::size_t depth) {
  if (depth == kDimensions) return refused(base::strcat("its arrays are nested deeper than ", kDimensions, " levels"));
  text_.push_back('{');
  JsonElements elements(raw);
  std::size_t count = 0;
  while (const auto element = elements.next()) {
    if (count > 0) text_.push_back(element_.name == "box" ? ';' : ',');
    place_[depth] = ++count;
    if (auto problem = nests(*element) ? add_array(*element, depth + 1) : add_element(*element, depth)) return problem;
  }
  text_.push_back('}');
  if (count == 0 && depth > 0) return refused("arrays without elements cannot stand inside of another one");
  if (sizes_[depth] != kUnknown && sizes_[depth] != count) return ragged();
  sizes_[depth] = count;
  return std::nullopt;
}

std::optional<Problem> ArrayLiteral::add_element(std::string_view raw, std::size_t depth) {
  if (bottom_ == kUnknown) bottom_ = depth;
  if (bottom_ != depth || (depth + 1 < kDimensions && sizes_[depth + 1] != kUnknown)) return ragged();
  const Value element = value_of_element(raw, arena_);
  Cell converted;
  if (auto problem = convert(element, element_, DeclaredType::none, arena_, converted))
    return in_element(std::move(*problem));
  append_element(text_, element, converted, element_.type_class);
  return std::nullopt;
}

Problem ArrayLiteral::in_element(Problem inner) const {
  std::string place;
  for (std::size_t i = 0; i <= bottom_; ++i) place += base::strcat(i == 0 ? "" : ", ", place_[i]);
  return {code::kArrayElement, inner.error_type, base::strcat("array element ", place, ": ", inner.message),
          inner.suggestion};
}

}  // namespace

std::optional<Problem> to_array(const Value& value, const ColumnType& type, base::TextArena& arena, Cell& cell) {
  if (value.kind != Kind::json || !value.text.starts_with('[')) {
    return cannot_convert(code::kWrongKind, value, type, "it is not an array",
                          base::strcat("Make the column ", value.kind == Kind::json ? "jsonb" : "text", "."));
  }
  if (type.name == "money[]") {
    return cannot_convert(code::kWrongKind, value, type,
                          "how the server reads money inside of an array depends on its lc_monetary",
                          "Make the column numeric[].");
  }
  ArrayLiteral literal(value, type, arena);
  if (auto problem = literal.write()) return problem;
  cell.form = Cell::Form::text;
  cell.text = arena.keep(literal.text());
  return std::nullopt;
}

}  // namespace tandem::core
