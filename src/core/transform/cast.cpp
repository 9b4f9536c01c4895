#include "core/transform/cast.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/convert/declared.hpp"
#include "core/convert/json.hpp"
#include "core/convert/decimal.hpp"
#include "core/convert/iso_time.hpp"

namespace tandem::core {

using base::Kind;
using base::Value;

const std::string_view kAllBlanks =
    " \t\n\v\f\r\xC2\x85"
    "\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029"
    "\u202F\u205F\u3000\uFEFF";

namespace {

// UTF-8 of Unicode's White_Space beyond ASCII, and of the byte order mark.
constexpr std::array<std::string_view, 20> kBlanks{
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83",
    "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A",
    "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80", "\xEF\xBB\xBF"};

bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

const char* cast_to_string(Value& value, base::TextArena&) {
  value.kind = Kind::string;  // a number as it is written, an object as its JSON text
  return nullptr;
}

const char* cast_to_number(Value& value, bool whole) {
  if (value.kind != Kind::string && value.kind != Kind::number) return "it is not text or a number";
  const std::string_view text = trimmed(value.text);
  const auto number = Decimal::parse(text);
  if (!number) return "it does not read as a number like 1234.5 or -1.2e3";
  if (whole && !number->is_whole()) return "it is not a whole number";
  value = {Kind::number, text};
  return nullptr;
}

const char* cast_to_boolean(Value& value) {
  constexpr std::array<std::string_view, 6> kTrue{"true", "yes", "y", "t", "on", "1"};
  constexpr std::array<std::string_view, 6> kFalse{"false", "no", "n", "f", "off", "0"};
  if (value.kind == Kind::json) return "it is not a single value";
  const std::string word = base::lower(trimmed(value.text));
  const bool truth = std::ranges::find(kTrue, word) != kTrue.end();
  if (!truth && std::ranges::find(kFalse, word) == kFalse.end())
    return "it is none of true yes y t on 1 false no n f off 0";
  value = {Kind::boolean, truth ? "true" : "false"};
  return nullptr;
}

// The day as it is written: that of the time's own offset.
const char* cast_to_date(Value& value, base::TextArena& arena) {
  if (value.kind != Kind::string) return "it is not text";
  DateTime parsed;
  if (const TimeFault fault = parse_date_time(trimmed(value.text), parsed); fault != TimeFault::none) return why(fault);
  std::string out;
  append_date(out, parsed.days);
  value.text = arena.keep(out);
  return nullptr;
}

const char* cast_to_date_time(Value& value, base::TextArena& arena) {
  if (value.kind != Kind::string) return "it is not text";
  const std::string_view text = trimmed(value.text);
  DateTime parsed;
  if (const TimeFault fault = parse_date_time(text, parsed); fault != TimeFault::none) return why(fault);
  value.text = parsed.has_time ? text : arena.keep(base::strcat(text, "T00:00:00"));
  return nullptr;
}

const char* cast_to_json(Value& value, base::TextArena& arena) {
  if (value.kind != Kind::string) return nullptr;
  const std::string_view text = trimmed(value.text);
  if (text.starts_with('{') || text.starts_with('[')) {
    if (!base::Json::parse(text)) return "it is not valid JSON";
    value = {Kind::json, arena.keep(text)};
    return nullptr;
  }
  return "it is not the JSON text of an object or an array";
}

const char* cast_to_array(Value& value, base::TextArena& arena) {
  if (value.kind == Kind::json && value.text.starts_with('[')) return nullptr;
  value = {Kind::json, arena.keep(base::strcat("[", json_text(value, arena), "]"))};
  return nullptr;
}

const char* cast_checked(DeclaredType to, const Value& value) {
  return check_declared(value, to) ? "it is not written like one" : nullptr;
}

}  // namespace

const char* cast_value(DeclaredType to, Value& value, base::TextArena& arena) {
  switch (to) {
    case DeclaredType::none:
      return nullptr;
    case DeclaredType::string:
      return cast_to_string(value, arena);
    case DeclaredType::number:
      return cast_to_number(value, false);
    case DeclaredType::integer:
      return cast_to_number(value, true);
    case DeclaredType::boolean:
      return cast_to_boolean(value);
    case DeclaredType::date:
      return cast_to_date(value, arena);
    case DeclaredType::date_time:
      return cast_to_date_time(value, arena);
    case DeclaredType::json:
      return cast_to_json(value, arena);
    case DeclaredType::array:
      return cast_to_array(value, arena);
    case DeclaredType::image_uri:
    case DeclaredType::uri:
    case DeclaredType::email_address:
    case DeclaredType::uuid:
      return cast_checked(to, value);
  }
  return nullptr;  // not reached: the switch is exhaustive
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto blank_at = [](std::string_view at, bool end) -> std::size_t {
    if (at.empty()) return 0;
    if (is_blank(end ? at.back() : at.front())) return 1;
    for (const std::string_view blank : kBlanks)
      if (end ? at.ends_with(blank) : at.starts_with(blank)) return blank.size();
    return 0;
  };
  while (const std::size_t size = blank_at(text, false)) text.remove_prefix(size);
  while (const std::size_t size = blank_at(text, true)) text.remove_suffix(size);
  return text;
}

std::optional<std::string> plain_number(std::string_view text, std::string_view decimal, std::string_view group) {
  text = trimmed(text);
  std::string out;
  if (text.starts_with('-') || text.starts_with('+')) {
    if (text.front() == '-') out.push_back('-');
    text.remove_prefix(1);
  }
  const std::size_t point = text.find(decimal);
  std::string_view whole = text.substr(0, point);
  std::string digits;
  if (group.empty() || whole.find(group) == std::string_view::npos) {
    digits = whole;
  } else {
    std::size_t at = whole.find(group);
    if (at == 0 || at > 3) return std::nullopt;
    digits = whole.substr(0, at);
    while (at != std::string_view::npos) {
      whole.remove_prefix(at + group.size());
      at = whole.find(group);
      if (whole.substr(0, at).size() != 3) return std::nullopt;
      digits += whole.substr(0, at);
    }
  }
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  out += digits.substr(std::min(zeros, digits.empty() ? 0 : digits.size() - 1));  // 007,50 is 7.50
  if (point != std::string_view::npos) out += base::strcat(".", text.substr(point + decimal.size()));
  if (out.find_first_of("eE") != std::string::npos || !Decimal::parse(out)) return std::nullopt;
  return out;
}

}  // namespace tandem::core
