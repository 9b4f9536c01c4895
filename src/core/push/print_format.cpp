#include "core/push/print_format.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include "base/strings.hpp"
#include "core/convert/decimal.hpp"
#include "core/convert/iso_time.hpp"
#include "core/transform/cast.hpp"

namespace tandem::core {

using base::Kind;
using base::Value;

namespace {

constexpr std::int64_t kMostDigits = 1000;  // of a number that is written out
constexpr std::int64_t kMicrosPerSecond = 1'000'000, kMicrosPerDay = 86'400 * kMicrosPerSecond;

// A date, a moment or a time of day; nullopt: none of them.
std::optional<DateTime> moment_of(std::string_view text) {
  DateTime out;
  if (parse_date_time(text, out) == TimeFault::none) return out;
  out = {};
  if (parse_clock(text, out) != TimeFault::none) return std::nullopt;
  out.has_time = true;
  return out;
}

std::int64_t micros_of(const DateTime& time) {
  return time.days * kMicrosPerDay + time.micros - time.offset * kMicrosPerSecond;
}

// The clock on the wall at another offset.
void move_to(std::int32_t offset, DateTime& time) {
  std::int64_t local = micros_of(time) + offset * kMicrosPerSecond;
  time.days = local / kMicrosPerDay - (local % kMicrosPerDay < 0 ? 1 : 0);
  time.micros = local - time.days * kMicrosPerDay;
  time.offset = offset;
}

}  // namespace

const char* print_date(const DatePattern& pattern, std::string_view offset, Value& value, base::TextArena& arena) {
  if (value.kind != Kind::string) return "it is not a date or a time";
  const auto given = moment_of(value.text);
  if (!given) return "it is not a date or a time";
  if (pattern.has_zone() && !given->has_offset) return "the pattern has an offset, and the value has none";
  DateTime time = *given;
  if (!offset.empty()) {
    DateTime zone;
    const bool read =
        offset == "Z" || offset == "z" || parse_clock(base::strcat("00:00", offset), zone) == TimeFault::none;
    if (!read || !given->has_offset) return "the pattern is of a fixed offset, and the value has none";
    move_to(zone.offset, time);
  }
  std::string text;
  const bool number = pattern.print(time.days, time.micros, time.offset, text);
  // Read again it has to be the same.
  std::string back;
  if (pattern.read({Kind::string, text}, back) != nullptr) return "the pattern cannot say it";
  back += offset;
  const auto again = moment_of(back);
  const bool same = again && micros_of(*again) == micros_of(*given) &&
                    (pattern.has_zone() || !offset.empty() || again->has_offset == given->has_offset);
  if (!same) return "the pattern does not say all of it";
  value = {number ? Kind::number : Kind::string, arena.keep(text)};
  return nullptr;
}

std::string plain_digits(std::string_view number) {
  const auto decimal = Decimal::parse(number);
  if (!decimal || number.find_first_of("eE") == std::string_view::npos) return std::string(number);
  if (decimal->digits() == 0) return "0";
  const auto digits = static_cast<std::int64_t>(decimal->digits());
  const std::int64_t point = decimal->point();
  if (point > kMostDigits || point < -kMostDigits) return std::string(number);
  std::string out = decimal->negative() ? "-" : "";
  if (point <= 0) out += base::strcat("0.", std::string(static_cast<std::size_t>(-point), '0'));
  for (std::int64_t i = 0; i < digits; ++i) {
    if (i == point && point > 0) out += '.';
    out += decimal->digit(static_cast<std::size_t>(i));
  }
  for (std::int64_t i = digits; i < point; ++i) out += '0';
  return out;
}

const char* print_number(std::string_view decimal, std::string_view group, Value& value, base::TextArena& arena) {
  if ((value.kind != Kind::number && value.kind != Kind::string) || !Decimal::parse(value.text))
    return "it is not a number";
  const std::string plain = plain_digits(value.text);
  if (plain.find_first_of("eE") != std::string::npos) return "it is too long to be written out";
  const bool negative = plain.starts_with('-');
  const std::size_t point = std::min(plain.find('.'), plain.size());
  const std::string whole = plain.substr(negative ? 1 : 0, point - (negative ? 1 : 0));
  std::string out = negative ? "-" : "";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (i > 0 && (whole.size() - i) % 3 == 0) out += group;
    out += whole[i];
  }
  if (point < plain.size()) out += base::strcat(decimal, plain.substr(point + 1));
  const auto back = plain_number(out, decimal, group);
  const auto again = back ? Decimal::parse(*back) : std::nullopt;
  if (!again || !again->same_value(*Decimal::parse(value.text))) return "it would not be read again as the same number";
  value = {Kind::string, arena.keep(out)};
  return nullptr;
}

}  // namespace tandem::core
