#include "core/convert/bad_text.hpp"

#include <charconv>
#include <string>

#include "core/convert/json_elements.hpp"

namespace tandem::core {

namespace {

constexpr std::size_t kUnicodeEscape = 6;  // \u0041
constexpr std::string_view kReplacement = "\\ufffd";

bool is_high(unsigned unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(unsigned unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

// Backslashes stand only inside of strings.
std::string replaced(std::string_view json) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = json.find('\\'); at < json.size(); at = json.find('\\', at)) {
    if (at + 1 >= json.size() || json[at + 1] != 'u') {
      at += 2;
      continue;
    }
    const unsigned unit = code_unit_at(json, at);
    if (is_high(unit) && is_low(code_unit_at(json, at + kUnicodeEscape))) {
      at += 2 * kUnicodeEscape;
      continue;
    }
    if (unit == 0 || is_high(unit) || is_low(unit)) {
      out.append(json.substr(begin, at - begin)).append(kReplacement);
      begin = at + kUnicodeEscape;
    }
    at += kUnicodeEscape;
  }
  out.append(json.substr(begin));
  return out;
}

}  // namespace

base::Value with_bad_text_replaced(const base::Value& value, base::TextArena& arena) {
  using base::Kind;
  if (value.kind == Kind::broken) return value_of_element(arena.keep(replaced(value.text)), arena);
  if (value.kind == Kind::json && value.text.find("\\u") != std::string_view::npos)
    return {Kind::json, arena.keep(replaced(value.text))};
  return value;
}

unsigned code_unit_at(std::string_view json, std::size_t at) noexcept {
  unsigned unit = 0;
  if (at + kUnicodeEscape > json.size() || json[at] != '\\' || json[at + 1] != 'u') return 0;
  std::from_chars(json.data() + at + 2, json.data() + at + kUnicodeEscape, unit, 16);
  return unit;
}

}  // namespace tandem::core
