#include "base/percent.hpp"

namespace tandem::base {

namespace {

constexpr bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text, const PercentStyle& style) {
  std::string out;
  out.reserve(text.size() * 3);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      out.push_back(c);
    } else if (style.form && c == ' ') {
      out.push_back('+');
    } else {
      out.push_back('%');
      out.push_back(style.hex[byte >> 4]);
      out.push_back(style.hex[byte & 15]);
    }
  }
  return out;
}

}  // namespace tandem::base
