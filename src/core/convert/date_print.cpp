// Times written as a pattern says: the way back of what date_pattern.cpp reads.
#include <array>
#include <string>

#include "base/strings.hpp"
#include "core/convert/civil.hpp"
#include "core/convert/date_pattern.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};
constexpr std::int64_t kMicrosPerSecond = 1'000'000, kSecondsPerDay = 86'400;
constexpr std::int64_t kUnixDays = -10957;  // 1970-01-01, counted from 2000-01-01

void append_number(std::string& out, std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

void append_offset(std::string& out, std::int32_t offset) {
  if (offset == 0) {
    out += 'Z';
    return;
  }
  const std::int32_t minutes = (offset < 0 ? -offset : offset) / 60;
  out += offset < 0 ? '-' : '+';
  append_number(out, minutes / 60, 2);
  out += ':';
  append_number(out, minutes % 60, 2);
}

// Seconds, milliseconds or microseconds since 1970, exactly.
void append_epoch(std::string& out, std::int64_t micros, int power) {
  std::int64_t unit = 1;
  for (int i = 0; i < power; ++i) unit *= 10;
  const bool negative = micros < 0;
  const std::int64_t size = negative ? -micros : micros;
  if (negative) out += '-';
  out += std::to_string(size / unit);
  std::string fraction = std::to_string(unit + size % unit).substr(1);
  while (fraction.ends_with('0')) fraction.pop_back();
  if (!fraction.empty()) out += base::strcat(".", fraction);
}

}  // namespace

struct DatePattern::Moment {
  CivilDate date;
  std::int64_t days = 0, micros = 0;  // of the day
  std::int32_t offset = 0;
};

void DatePattern::print_part(const Part& part, const Moment& moment, std::string& out) {
  const std::int64_t seconds = moment.micros / kMicrosPerSecond, hour = seconds / 3600;
  switch (part.field) {
    case Field::literal:
      out += part.sign;
      return;
    case Field::year:
      return append_number(out, moment.date.year, 4);
    case Field::short_year:
      return append_number(out, moment.date.year % 100, 2);
    case Field::month:
      return append_number(out, moment.date.month, 2);
    case Field::month_name:
      out += kMonths[moment.date.month - 1];
      return;
    case Field::short_month_name:
      out += kMonths[moment.date.month - 1].substr(0, 3);
      return;
    case Field::day:
      return append_number(out, moment.date.day, 2);
    case Field::weekday_name:
      out += kWeekdays[weekday_of(moment.days)];
      return;
    case Field::short_weekday_name:
      out += kWeekdays[weekday_of(moment.days)].substr(0, 3);
      return;
    case Field::hour24:
      return append_number(out, hour, 2);
    case Field::hour12:
      return append_number(out, hour % 12 == 0 ? 12 : hour % 12, 2);
    case Field::half:
      out += hour < 12 ? "AM" : "PM";
      return;
    case Field::minute:
      return append_number(out, seconds / 60 % 60, 2);
    case Field::second:
      return append_number(out, seconds % 60, 2);
    case Field::millis:
      return append_number(out, moment.micros % kMicrosPerSecond / 1000, 3);
    case Field::micros:
      return append_number(out, moment.micros % kMicrosPerSecond, 6);
    case Field::zone:
      return append_offset(out, moment.offset);
    case Field::epoch:
      return;  // stands alone, see print()
  }
}

bool DatePattern::print(std::int64_t days, std::int64_t micros, std::int32_t offset, std::string& out) const {
  if (!parts_.empty() && parts_.front().field == Field::epoch) {
    const std::int64_t seconds = (days - kUnixDays) * kSecondsPerDay - offset;
    append_epoch(out, seconds * kMicrosPerSecond + micros, parts_.front().power);
    return true;
  }
  const Moment moment{civil_from_days(days), days, micros, offset};
  for (const Part& part : parts_) print_part(part, moment, out);
  return false;
}

}  // namespace tandem::core
