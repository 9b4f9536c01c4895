// Calendar arithmetic of the proleptic Gregorian calendar, counted in days since
// 2000-01-01 (base/clock.hpp). Shared by the conversion of dates and by schedules;
// constexpr and without the C library, whose tm functions lock and know zones.
#pragma once

#include <cstdint>

namespace tandem::core {

struct CivilDate {
  std::int64_t year = 2000;
  unsigned month = 1, day = 1;  // from 1
};

[[nodiscard]] constexpr bool is_leap_year(std::int64_t year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

[[nodiscard]] constexpr unsigned days_in_month(std::int64_t year, unsigned month) noexcept {
  constexpr unsigned char kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : kDays[month - 1];
}

// Years are counted from March, so that the leap day is the last of its year; 400 years
// are always 146,097 days. 730,425 is the distance from 0000-03-01 to 2000-01-01.
[[nodiscard]] constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) noexcept {
  const std::int64_t shifted = year - (month <= 2 ? 1 : 0);
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const std::int64_t year_of_era = shifted - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 730425;
}

[[nodiscard]] constexpr CivilDate civil_from_days(std::int64_t days) noexcept {
  const std::int64_t shifted = days + 730425;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const auto month = static_cast<unsigned>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  const auto day = static_cast<unsigned>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

// 0 is Sunday; 2000-01-01 was a Saturday.
[[nodiscard]] constexpr unsigned weekday_of(std::int64_t days) noexcept {
  return static_cast<unsigned>(((days + 6) % 7 + 7) % 7);
}

[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
  return a / b - (a % b < 0 ? 1 : 0);  // b > 0
}

static_assert(days_from_civil(2000, 1, 1) == 0 && days_from_civil(1970, 1, 1) == -10957);
static_assert(civil_from_days(-10957).year == 1970 && civil_from_days(59).month == 2 && civil_from_days(59).day == 29);

}  // namespace tandem::core
