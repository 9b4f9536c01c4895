// Numbers as text and text as numbers, the way ECMAScript says.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/strings.hpp"
#include "core/logic/value.hpp"

namespace tandem::core::logic {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Length of the white space that the text begins with: ASCII's, and Unicode's as UTF-8.
std::size_t space_at(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 21> kWide{
      "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
      "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff", "\v",     "\f"};
  if (text.empty()) return 0;
  if (std::strchr(" \t\n\r", text.front()) != nullptr && text.front() != '\0') return 1;
  for (const std::string_view wide : kWide)
    if (text.starts_with(wide)) return wide.size();
  return 0;
}

std::string_view without_leading_space(std::string_view text) noexcept {
  while (const std::size_t length = space_at(text)) text.remove_prefix(length);
  return text;
}

std::string_view trimmed(std::string_view text) noexcept {
  text = without_leading_space(text);
  for (bool cut = true; cut && !text.empty();) {
    cut = false;
    for (std::size_t length = 1; length <= std::min<std::size_t>(3, text.size()) && !cut; ++length) {
      cut = space_at(text.substr(text.size() - length)) == length;
      if (cut) text.remove_suffix(length);
    }
  }
  return text;
}

// The longest beginning that is [digits][.digits][e[+-]digits] with a digit before the exponent; 0: none.
std::size_t decimal_length(std::string_view text) noexcept {
  std::size_t at = 0, digits = 0;
  while (at < text.size() && digit(text[at])) ++at, ++digits;
  if (at < text.size() && text[at] == '.') {
    std::size_t behind = at + 1;
    while (behind < text.size() && digit(text[behind])) ++behind, ++digits;
    if (digits > 0) at = behind;
  }
  if (digits == 0) return 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    std::size_t behind = at + 1;
    if (behind < text.size() && (text[behind] == '+' || text[behind] == '-')) ++behind;
    const std::size_t first = behind;
    while (behind < text.size() && digit(text[behind])) ++behind;
    if (behind > first) at = behind;
  }
  return at;
}

// from_chars does not say whether a number out of range is too large or too small.
double beyond_range(std::string_view text) noexcept {
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos && e + 1 < text.size()) return text[e + 1] == '-' ? 0 : kInfinity;
  return text.find('.') < text.find_first_of("123456789") ? 0 : kInfinity;
}

double decimal(std::string_view text) noexcept {
  if (text.size() <= 15 && std::ranges::all_of(text, digit)) {
    std::int64_t sum = 0;
    for (const char c : text) sum = sum * 10 + (c - '0');
    return static_cast<double>(sum);
  }
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc::result_out_of_range ? beyond_range(text) : value;
}

struct Signed {
  bool negative = false;
  std::string_view text;
};
Signed sign_of(std::string_view text) noexcept {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return {false, text};
  return {text.front() == '-', text.substr(1)};
}

// 0x1F, 0b101, 0o17.
double of_base(std::string_view digits, int base) noexcept {
  double value = digits.empty() ? kNaN : 0;
  for (const char c : digits) {
    const int worth = digit(c)               ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : 99;
    if (worth >= base) return kNaN;
    value = value * base + worth;
  }
  return value;
}

// Digits d1…dk with the point behind the n-th: Number::toString.
void append_digits(std::string_view digits, int n, std::string& out) {
  const int k = static_cast<int>(digits.size());
  if (n > 21 || n <= -6) {
    out += digits.front();
    if (k > 1) out.append(1, '.').append(digits.substr(1));
    out.append(n > 0 ? "e+" : "e-").append(std::to_string(std::abs(n - 1)));
  } else if (n <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-n), '0').append(digits);
  } else if (n >= k) {
    out.append(digits).append(static_cast<std::size_t>(n - k), '0');
  } else {
    out.append(digits.substr(0, static_cast<std::size_t>(n)))
        .append(1, '.')
        .append(digits.substr(static_cast<std::size_t>(n)));
  }
}

}  // namespace

Item number_of_text(std::string_view text) noexcept {
  const std::string_view all = trimmed(text);
  if (all.empty()) return Item::of(0.0);
  if (all.size() > 1 && all.front() == '0' && !digit(all[1]) && all[1] != '.') {
    const char kind = static_cast<char>(all[1] | 0x20);
    if (kind == 'x' || kind == 'o' || kind == 'b')
      return Item::of(of_base(all.substr(2), kind == 'x' ? 16 : kind == 'o' ? 8 : 2));
  }
  const auto [negative, body] = sign_of(all);
  if (body == "Infinity") return Item::of(negative ? -kInfinity : kInfinity);
  if (body.empty() || decimal_length(body) != body.size()) return Item::of(kNaN);
  Item item = Item::of(negative ? -decimal(body) : decimal(body));
  item.text = all;
  return item;
}

double leading_number(std::string_view text) noexcept {
  const auto [negative, body] = sign_of(without_leading_space(text));
  if (body.starts_with("Infinity")) return negative ? -kInfinity : kInfinity;
  const std::size_t length = decimal_length(body);
  if (length == 0) return kNaN;
  const double value = decimal(body.substr(0, length));
  return negative ? -value : value;
}

void append_number(const Item& number, std::string& out) {
  const double value = number.number;
  if (std::isnan(value)) {
    out += "NaN";
  } else if (value == 0) {
    out += '0';
  } else if (!number.text.empty() && std::abs(value) >= 9007199254740992.0 &&
             number.text.find_first_not_of("0123456789", number.text.front() == '-' ? 1 : 0) ==
                 std::string_view::npos) {
    out += number.text;  // an id keeps its digits
  } else if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
  } else {
    char buffer[40];
    const char* const end =
        std::to_chars(std::begin(buffer), std::end(buffer), std::abs(value), std::chars_format::scientific).ptr;
    const std::string_view written(buffer, static_cast<std::size_t>(end - buffer));
    const std::size_t e = written.find('e');
    int exponent = 0;
    std::from_chars(buffer + e + (written[e + 1] == '+' ? 2 : 1), end, exponent);
    std::string digits(1, written.front());
    if (e > 2) digits.append(written.substr(2, e - 2));
    if (value < 0) out += '-';
    append_digits(digits, exponent + 1, out);
  }
}

std::size_t units(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    count += (byte & 0xC0) == 0x80 ? 0 : byte >= 0xF0 ? 2 : 1;
  }
  return count;
}

std::string slice_units(std::string_view text, std::size_t begin, std::size_t end) {
  std::string out;
  std::size_t unit = 0;
  for (std::size_t at = 0; at < text.size() && unit < end;) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const std::size_t wide = bytes == 4 ? 2 : 1;
    const std::size_t inside = std::min(unit + wide, end) - std::min(std::max(unit, begin), std::min(unit + wide, end));
    if (inside == wide)
      out.append(text.substr(at, bytes));
    else if (inside > 0)
      out.append("\ufffd");
    unit += wide;
    at += bytes;
  }
  return out;
}

}  // namespace tandem::core::logic
