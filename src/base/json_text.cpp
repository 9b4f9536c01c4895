#include "base/json_text.hpp"

#include <cstdint>
#include <cstring>

#include "base/strings.hpp"

namespace tandem::base {
namespace {

constexpr std::size_t kHexDigits = 4;

constexpr int hex_value(char c) {
  if (is_json_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool four_hex_digits(std::string_view text) {
  if (text.size() < kHexDigits) return false;
  for (std::size_t i = 0; i < kHexDigits; ++i)
    if (hex_value(text[i]) < 0) return false;
  return true;
}

std::uint32_t code_unit(const char* digits) {
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < kHexDigits; ++i) unit = unit * 16 + static_cast<std::uint32_t>(hex_value(digits[i]));
  return unit;
}

constexpr char short_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // quote, backslash, slash
  }
}

// The code point of the \uXXXX at `at`, which moves behind it; 0 if it is none.
std::uint32_t unicode_escape(const char*& at, const char* end) {
  const std::uint32_t unit = code_unit(at + 2);
  at += 2 + kHexDigits;
  if (unit < 0xD800 || unit > 0xDFFF) return unit;
  if (unit > 0xDBFF || end - at < 2 || at[0] != '\\' || at[1] != 'u') return 0;
  const std::uint32_t low = code_unit(at + 2);
  if (low < 0xDC00 || low > 0xDFFF) return 0;
  at += 2 + kHexDigits;
  return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

// Writes at most raw.size() bytes; the end of them, or null if it is no text.
char* unescape_to(std::string_view raw, char* out) {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at != end) {
    const void* const found = std::memchr(at, '\\', static_cast<std::size_t>(end - at));
    const char* const escape = found == nullptr ? end : static_cast<const char*>(found);
    std::memcpy(out, at, static_cast<std::size_t>(escape - at));
    out += escape - at;
    at = escape;
    if (at == end) break;
    if (at[1] == 'u') {
      const std::uint32_t code_point = unicode_escape(at, end);
      if (code_point == 0) return nullptr;
      out = write_utf8(code_point, out);
    } else {
      *out++ = short_escape(at[1]);
      at += 2;
    }
  }
  return out;
}

}  // namespace

const char* scan_number(const char* at) noexcept {
  const auto digits = [&at] {
    const char* const begin = at;
    while (is_json_digit(*at)) ++at;
    return at != begin;
  };
  if (*at == '-') ++at;
  if (*at == '0') {
    ++at;
  } else if (!digits()) {
    return nullptr;
  }
  if (*at == '.') {
    ++at;
    if (!digits()) return nullptr;
  }
  if (*at == 'e' || *at == 'E') {
    ++at;
    if (*at == '+' || *at == '-') ++at;
    if (!digits()) return nullptr;
  }
  return at;
}

bool valid_escapes(std::string_view raw) noexcept {
  for (;;) {
    const std::size_t at = raw.find('\\');
    if (at == std::string_view::npos) return true;
    if (at + 1 == raw.size()) return false;
    const char kind = raw[at + 1];
    raw.remove_prefix(at + 2);
    if (kind == 'u') {
      if (!four_hex_digits(raw)) return false;
      raw.remove_prefix(kHexDigits);
    } else if (std::strchr("\"\\/bfnrt", kind) == nullptr || kind == '\0') {
      return false;
    }
  }
}

std::optional<std::string_view> unescape(std::string_view raw, TextArena& arena) {
  char* const begin = arena.reserve(raw.size());
  const char* const end = unescape_to(raw, begin);
  if (end == nullptr) return std::nullopt;
  return arena.commit(static_cast<std::size_t>(end - begin));
}

std::optional<std::string> unescape(std::string_view raw) {
  std::string out(raw.size(), '\0');
  const char* const end = unescape_to(raw, out.data());
  if (end == nullptr) return std::nullopt;
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_json_inside(out, text);
  out.push_back('"');
}

void append_json_inside(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::size_t plain = 0;  // where what has not been copied yet begins
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    out.push_back('\\');
    switch (byte) {
      case '"':
      case '\\':
        out.push_back(text[i]);
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      default:
        out.append("u00");
        out.push_back(kHex[byte >> 4]);
        out.push_back(kHex[byte & 15]);
    }
  }
  out.append(text.substr(plain));
}

}  // namespace tandem::base
