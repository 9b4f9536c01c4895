#include "core/convert/declared.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/convert/problem.hpp"
#include "core/convert/decimal.hpp"
#include "core/convert/iso_time.hpp"

namespace tandem::core {
namespace {

using base::Kind;
using base::Value;

constexpr std::array<std::pair<std::string_view, DeclaredType>, 14> kNames{{
    {"string", DeclaredType::string},
    {"number", DeclaredType::number},
    {"integer", DeclaredType::integer},
    {"boolean", DeclaredType::boolean},
    {"date", DeclaredType::date},
    {"date-time", DeclaredType::date_time},
    {"json", DeclaredType::json},
    {"array", DeclaredType::array},
    {"image-uri", DeclaredType::image_uri},
    {"uri", DeclaredType::uri},
    {"email-address", DeclaredType::email_address},
    {"uuid", DeclaredType::uuid},
    {"datetime", DeclaredType::date_time},
    {"bool", DeclaredType::boolean},
}};

// Why a value is not what was declared: nothing when it is.
struct Verdict {
  const char* code = nullptr;
  const char* why = nullptr;
};
constexpr Verdict kFine{};

constexpr Verdict wrong_kind(const char* why) { return {code::kWrongKind, why}; }
constexpr Verdict wrong_format(const char* why) { return {code::kInvalidFormat, why}; }

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool has_blank(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

// Sources that know only text (CSV, many APIs for decimals) write numbers as text.
Verdict check_number(const Value& value, bool whole) noexcept {
  if (value.kind != Kind::number && value.kind != Kind::string) return wrong_kind("it is of another kind");
  const auto decimal = Decimal::parse(value.text);
  if (!decimal) return wrong_format("it does not read as a number like 1234.5 or -1.2e3");
  if (whole && !decimal->is_whole()) return wrong_format("it is not a whole number");
  return kFine;
}

Verdict check_boolean(const Value& value) noexcept {
  return truth_of(value).has_value() ? kFine : wrong_kind("it is not true, false, 0 or 1");
}

Verdict check_date(std::string_view text) noexcept {
  DateTime parsed;
  if (const TimeFault fault = parse_date_time(text, parsed); fault != TimeFault::none) return wrong_format(why(fault));
  if (parsed.micros != 0 || parsed.offset != 0) return wrong_format("it has a time of day");
  return kFine;
}

Verdict check_date_time(std::string_view text) noexcept {
  DateTime parsed;
  const TimeFault fault = parse_date_time(text, parsed);
  if (fault != TimeFault::none && fault != TimeFault::too_fine)
    return wrong_format(why(fault));  // the column decides how fine
  return parsed.has_time ? kFine : wrong_format("it has no time of day");
}

Verdict check_uri(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  const std::string_view scheme = text.substr(0, colon);
  const bool valid = colon != std::string_view::npos && !scheme.empty() && is_letter(scheme[0]) &&
                     std::all_of(scheme.begin(), scheme.end(), [](char c) {
                       return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
                     });
  if (!valid) return wrong_format("it does not begin with a scheme such as https:");
  if (colon + 1 == text.size()) return wrong_format("there is nothing behind its scheme");
  return has_blank(text) ? wrong_format("it contains a blank or a control character") : kFine;
}

Verdict check_email(std::string_view text) noexcept {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return wrong_format("it has no @");
  if (text.find('@', at + 1) != std::string_view::npos) return wrong_format("it has more than one @");
  if (at == 0 || at + 1 == text.size()) return wrong_format("it has nothing on one side of its @");
  return has_blank(text) ? wrong_format("it contains a blank or a control character") : kFine;
}

Verdict check_text(std::string_view text, DeclaredType declared) noexcept {
  switch (declared) {
    case DeclaredType::date:
      return check_date(text);
    case DeclaredType::date_time:
      return check_date_time(text);
    case DeclaredType::image_uri:
    case DeclaredType::uri:
      return check_uri(text);
    case DeclaredType::email_address:
      return check_email(text);
    case DeclaredType::uuid:
      return looks_like_uuid(text) ? kFine : wrong_format("it is not written as 8-4-4-4-12 hexadecimal digits");
    case DeclaredType::none:
    case DeclaredType::string:
    case DeclaredType::number:
    case DeclaredType::integer:
    case DeclaredType::boolean:
    case DeclaredType::json:
    case DeclaredType::array:
      return kFine;
  }
  return kFine;
}

Verdict verdict_on(const Value& value, DeclaredType declared) noexcept {
  switch (declared) {
    case DeclaredType::none:
    case DeclaredType::json:
      return kFine;
    case DeclaredType::number:
      return check_number(value, false);
    case DeclaredType::integer:
      return check_number(value, true);
    case DeclaredType::boolean:
      return check_boolean(value);
    case DeclaredType::array:
      return value.kind == Kind::json && value.text.starts_with('[') ? kFine : wrong_kind("it is not an array");
    case DeclaredType::string:
    case DeclaredType::date:
    case DeclaredType::date_time:
    case DeclaredType::image_uri:
    case DeclaredType::uri:
    case DeclaredType::email_address:
    case DeclaredType::uuid:
      return value.kind == Kind::string ? check_text(value.text, declared) : wrong_kind("it is not text");
  }
  return kFine;
}

}  // namespace

std::optional<DeclaredType> declared_type(std::string_view name) {
  for (const auto& [known, type] : kNames) {
    if (known == name) return type;
  }
  return std::nullopt;
}

std::string_view declared_type_name(DeclaredType type) {
  for (const auto& [name, known] : kNames) {
    if (known == type) return name;
  }
  return {};
}

std::optional<Problem> check_declared(const Value& value, DeclaredType declared) {
  const Verdict verdict = verdict_on(value, declared);
  if (verdict.code == nullptr) return std::nullopt;
  return not_as_declared(verdict.code, value, declared, verdict.why);
}

bool looks_like_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

std::optional<bool> truth_of(const Value& value) noexcept {
  if (value.kind == Kind::boolean) return value.text == "true";
  if (value.kind == Kind::number) {
    if (value.text == "1") return true;
    if (value.text == "0") return false;
    return std::nullopt;
  }
  if (value.kind != Kind::string) return std::nullopt;
  const auto is = [&](std::string_view word) {
    return value.text.size() == word.size() &&
           std::equal(word.begin(), word.end(), value.text.begin(), [](char a, char b) { return a == (b | 0x20); });
  };
  if (is("true")) return true;
  if (is("false")) return false;
  return std::nullopt;
}

}  // namespace tandem::core
