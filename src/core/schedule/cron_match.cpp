// Finding the next matching minute: whole months and days that cannot match are
// stepped over, so even '0 0 29 2 *' looks at some hundred days at most.
#include <bit>

#include "core/convert/civil.hpp"
#include "core/schedule/cron_fields.hpp"

namespace tandem::core {
namespace {

constexpr std::int64_t kMinutesPerDay = 1440;
// The calendar, weekdays included, repeats after 400 years: what does not match until then never does.
constexpr int kMonthsOfCalendar = 400 * 12 + 1;

// The first matching minute of a day at or after `from`.
std::optional<std::int64_t> next_in_day(const CronFields& cron, std::int64_t from) {
  auto hour = static_cast<unsigned>(from / 60);
  if ((cron.hours >> hour & 1) != 0) {
    if (const std::uint64_t rest = cron.minutes >> (from % 60); rest != 0) return from + std::countr_zero(rest);
  }
  const std::uint32_t later = cron.hours & ~((std::uint32_t{2} << hour) - 1);
  if (later == 0) return std::nullopt;
  hour = static_cast<unsigned>(std::countr_zero(later));
  return std::int64_t{hour} * 60 + std::countr_zero(cron.minutes);
}

std::optional<std::int64_t> next_day(const CronFields& cron, std::int64_t from) {
  CivilDate date = civil_from_days(from);
  for (int i = 0; i < kMonthsOfCalendar; ++i) {
    if ((cron.months >> date.month & 1) != 0) {
      const std::int64_t before_month = days_from_civil(date.year, date.month, 1) - 1;
      const unsigned last = days_in_month(date.year, date.month);
      for (unsigned day = date.day; day <= last; ++day) {
        if (cron.matches_day(date.year, date.month, day, weekday_of(before_month + day))) return before_month + day;
      }
    }
    date = date.month == 12 ? CivilDate{date.year + 1, 1, 1} : CivilDate{date.year, date.month + 1, 1};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> CronFields::next_wall(std::int64_t wall) const {
  const std::int64_t minute = floor_divide(wall + 59, 60);
  const std::int64_t day = floor_divide(minute, kMinutesPerDay);
  const CivilDate date = civil_from_days(day);
  if (matches_day(date.year, date.month, date.day, weekday_of(day))) {
    if (const auto found = next_in_day(*this, minute - day * kMinutesPerDay))
      return (day * kMinutesPerDay + *found) * 60;
  }
  const auto later = next_day(*this, day + 1);
  if (!later) return std::nullopt;
  return (*later * kMinutesPerDay + next_in_day(*this, 0).value_or(0)) * 60;
}

bool CronFields::matches_day(std::int64_t year, unsigned month, unsigned day, unsigned weekday) const noexcept {
  if ((months >> month & 1) == 0) return false;
  const bool in_days = (days >> day & 1) != 0 || (last_day && day == days_in_month(year, month));
  const bool in_weekdays = (weekdays >> weekday & 1) != 0;
  return day_wild || weekday_wild ? in_days && in_weekdays : in_days || in_weekdays;
}

}  // namespace tandem::core
