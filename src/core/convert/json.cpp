#include "core/convert/json.hpp"

#include "core/convert/bad_text.hpp"
#include "core/convert/problem.hpp"

namespace tandem::core {
namespace {

using base::Kind;

constexpr char kHex[] = "0123456789abcdef";
constexpr std::size_t kUnicodeEscape = 6;  // \u0041

std::size_t escaped_size(char c) noexcept {
  if (c == '"' || c == '\\') return 2;
  return static_cast<unsigned char>(c) < 0x20 ? kUnicodeEscape : 1;
}

char* write_escaped(char c, char* out) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20) {
    for (const char piece : {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]}) *out++ = piece;
    return out;
  }
  if (c == '"' || c == '\\') *out++ = '\\';
  *out++ = c;
  return out;
}

// jsonb stores its strings as text and therefore refuses what text cannot hold; one such
// value would fail the whole page. Backslashes stand only inside of strings.
bool jsonb_can_hold(std::string_view raw) noexcept {
  for (std::size_t at = raw.find('\\'); at < raw.size(); at = raw.find('\\', at)) {
    if (at + 1 >= raw.size() || raw[at + 1] != 'u') {
      at += 2;
      continue;
    }
    const unsigned unit = code_unit_at(raw, at);
    at += kUnicodeEscape;
    if (unit == 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) return false;
    if (unit < 0xD800 || unit > 0xDBFF) continue;
    const unsigned low = code_unit_at(raw, at);
    if (low < 0xDC00 || low > 0xDFFF) return false;
    at += kUnicodeEscape;
  }
  return true;
}

}  // namespace

std::string_view json_text(const base::Value& value, base::TextArena& arena) {
  if (value.kind != Kind::string) return value.text;
  std::size_t size = 2;
  for (const char c : value.text) size += escaped_size(c);
  char* const begin = arena.reserve(size);
  char* out = begin;
  *out++ = '"';
  for (const char c : value.text) out = write_escaped(c, out);
  *out = '"';
  return arena.commit(size);
}

std::optional<Problem> to_json(const base::Value& value, const base::ColumnType& type, base::TextArena& arena,
                               base::Cell& cell) {
  if (type.type_class == base::TypeClass::jsonb && value.kind == Kind::json && !jsonb_can_hold(value.text)) {
    return cannot_convert(code::kNotText, value, type, "a string in it contains \\u0000 or half a surrogate pair",
                          "Make the column json, which keeps the text as it came, add \"bad_text\": \"replace\" to the "
                          "mapping, or correct "
                          "the record at its source.");
  }
  cell.form = base::Cell::Form::text;
  cell.text = json_text(value, arena);
  return std::nullopt;
}

}  // namespace tandem::core
