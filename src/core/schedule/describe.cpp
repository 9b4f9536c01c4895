// A schedule in plain words, for views and for people who check what they wrote.
#include <bit>
#include <vector>

#include "base/strings.hpp"
#include "core/schedule/schedule.hpp"

namespace tandem::core {
namespace {

constexpr std::uint64_t kAllMinutes = (std::uint64_t{1} << 60) - 1;
constexpr std::uint32_t kAllHours = (1u << 24) - 1;
constexpr std::uint32_t kAllDays = ~std::uint32_t{1};
constexpr std::uint32_t kAllMonths = 0x1FFE;
constexpr std::uint8_t kAllWeekdays = 0x7F;
constexpr int kListedTimes = 6;  // more are told by their fields

constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};
constexpr std::string_view kWeekdays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

std::string number(int n) { return std::to_string(n); }
std::string month_name(int n) { return std::string(kMonths[n - 1]); }
std::string weekday_name(int n) { return std::string(kWeekdays[n]); }  // 0 is Monday

std::string clock(int hour, int minute) {
  return base::strcat(hour < 10 ? "0" : "", hour, minute < 10 ? ":0" : ":", minute);
}

// "a, b and c"
std::string enumerate(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += i + 1 == parts.size() ? " and " : ", ";
    out += parts[i];
  }
  return out;
}

// "1 to 5, 7 and 9": three and more in a row are a range.
std::vector<std::string> ranges_of(std::uint64_t bits, std::string (*name)(int)) {
  std::vector<std::string> out;
  for (int low = 0; low < 64; ++low) {
    if ((bits >> low & 1) == 0) continue;
    int high = low;
    while (high < 63 && (bits >> (high + 1) & 1) != 0) ++high;
    if (high - low < 2) high = low;
    out.push_back(high == low ? name(low) : base::strcat(name(low), " to ", name(high)));
    low = high;
  }
  return out;
}

// n if the set is 0, n, 2n, … up to `size`, evenly also over its end; else 0.
int even_step(std::uint64_t bits, int size) {
  for (int step = 2; step < size; ++step) {
    if (size % step != 0) continue;
    std::uint64_t set = 0;
    for (int i = 0; i < size; i += step) set |= std::uint64_t{1} << i;
    if (set == bits) return step;
  }
  return 0;
}

std::string minutes_in_words(std::uint64_t minutes) {
  if (minutes == kAllMinutes) return "every minute";
  if (const int step = even_step(minutes, 60)) return base::strcat("every ", step, " minutes");
  return base::strcat(std::has_single_bit(minutes) ? "at minute " : "at minutes ",
                      enumerate(ranges_of(minutes, number)));
}

std::string listed_times(const CronFields& cron) {
  std::vector<std::string> times;
  for (int hour = 0; hour < 24; ++hour) {
    for (int minute = 0; minute < 60; ++minute) {
      if ((cron.hours >> hour & 1) != 0 && (cron.minutes >> minute & 1) != 0) times.push_back(clock(hour, minute));
    }
  }
  return base::strcat("at ", enumerate(times));
}

// Sets `daily` when the words are times of day, which want an "every day" behind them.
std::string time_in_words(const CronFields& cron, bool& daily) {
  const bool one_minute = std::has_single_bit(cron.minutes);
  const int minute = std::countr_zero(cron.minutes);
  if (cron.hours == kAllHours) {
    if (one_minute) return minute == 0 ? "every hour" : base::strcat("every hour at minute ", minute);
    const std::string minutes = minutes_in_words(cron.minutes);
    return minutes.starts_with("at") ? base::strcat(minutes, " of every hour") : minutes;
  }
  if (const int step = even_step(cron.hours, 24); step != 0 && one_minute) {
    const std::string hours = base::strcat("every ", step, " hours");
    return minute == 0 ? hours : base::strcat(hours, " at minute ", minute);
  }
  if (std::popcount(cron.hours) * std::popcount(cron.minutes) <= kListedTimes) {
    daily = true;
    return listed_times(cron);
  }
  return base::strcat(minutes_in_words(cron.minutes), " of the ", std::has_single_bit(cron.hours) ? "hour " : "hours ",
                      enumerate(ranges_of(cron.hours, number)));
}

std::string days_of_month(const CronFields& cron) {
  std::string out;
  if (cron.days != 0) {
    out = base::strcat(std::has_single_bit(cron.days) ? "day " : "days ", enumerate(ranges_of(cron.days, number)),
                       " of the month");
  }
  if (!cron.last_day) return out;
  return out.empty() ? "the last day of the month" : base::strcat(out, " and on its last day");
}

std::string days_in_words(const CronFields& cron, bool daily) {
  const bool any_day = cron.days == kAllDays, any_weekday = cron.weekdays == kAllWeekdays;
  const bool both_needed = cron.day_wild || cron.weekday_wild;
  if ((any_day && any_weekday) || (!both_needed && (any_day || any_weekday))) return daily ? " every day" : "";
  // Monday first, so that a working week is one range.
  const std::uint64_t from_monday = (std::uint64_t{cron.weekdays} >> 1) | ((std::uint64_t{cron.weekdays} & 1) << 6);
  const std::string weekdays = enumerate(ranges_of(from_monday, weekday_name));
  if (any_day) return base::strcat(" on ", weekdays);
  const std::string days = base::strcat(" on ", days_of_month(cron));
  if (any_weekday) return days;
  return both_needed ? base::strcat(days, " if it is ", weekdays) : base::strcat(days, " and on ", weekdays);
}

std::string interval_in_words(std::int64_t seconds) {
  struct Unit {
    std::string_view name;
    std::int64_t seconds;
  };
  for (const Unit& unit : {Unit{"day", 86'400}, Unit{"hour", 3600}, Unit{"minute", 60}}) {
    if (seconds % unit.seconds != 0) continue;
    if (seconds == unit.seconds) return base::strcat("every ", unit.name);
    return base::strcat("every ", seconds / unit.seconds, " ", unit.name, "s");
  }
  return seconds == 1 ? "every second" : base::strcat("every ", seconds, " seconds");
}

}  // namespace

std::string Schedule::describe() const {
  if (every_seconds_ > 0) return interval_in_words(every_seconds_);
  bool daily = false;
  std::string out = time_in_words(cron_, daily);
  out += days_in_words(cron_, daily);
  if (cron_.months != kAllMonths) out += base::strcat(" in ", enumerate(ranges_of(cron_.months, month_name)));
  if (!zone_.empty()) out += base::strcat(" (", zone_, ")");
  return out;
}

}  // namespace tandem::core
