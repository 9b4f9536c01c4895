#include "core/convert/json_elements.hpp"

#include <algorithm>

#include "base/json_text.hpp"

namespace tandem::core {

using base::Kind;
using base::Value;

std::optional<std::string_view> JsonElements::next() {
  while (!rest_.empty() && (base::is_json_space(rest_[0]) || rest_[0] == ',')) rest_.remove_prefix(1);
  if (rest_.empty() || rest_[0] == ']') return std::nullopt;
  const std::size_t size = element_size();
  const std::string_view element = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return element;
}

std::size_t JsonElements::element_size() const noexcept {
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
std::size_t JsonElements::string_end(std::size_t open) const noexcept {
  std::size_t i = open + 1;
  while (i < rest_.size() && rest_[i] != '"') i += rest_[i] == '\\' ? 2 : 1;
  return i;
}

Value value_of_element(std::string_view raw, base::TextArena& arena) {
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

}  // namespace tandem::core
