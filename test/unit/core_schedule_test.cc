// Schedules: what is understood, when it is due (over clock changes, too), how it reads.
#include "core/schedule/schedule.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/strings.hpp"
#include "core/convert/civil.hpp"

namespace tandem::core {
namespace {

using base::Instant;
using base::kSecond;

std::int64_t seconds(std::int64_t year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  return days_from_civil(year, month, day) * 86'400 + hour * 3600 + minute * 60 + second;
}

// The n-th Sunday of a month (n from 1), or the last one (n = 0), as a day number.
std::int64_t sunday(std::int64_t year, unsigned month, int n) {
  if (n == 0) {
    const std::int64_t last = days_from_civil(year, month, days_in_month(year, month));
    return last - weekday_of(last);
  }
  const std::int64_t first = days_from_civil(year, month, 1);
  return first + (7 - weekday_of(first)) % 7 + (n - 1) * 7;
}

std::int32_t utc(Instant) { return 0; }

std::int32_t berlin(Instant at) {
  const std::int64_t now = floor_divide(at.micros, kSecond);
  const std::int64_t year = civil_from_days(floor_divide(now, 86'400)).year;
  const bool summer = now >= sunday(year, 3, 0) * 86'400 + 3600 && now < sunday(year, 10, 0) * 86'400 + 3600;
  return summer ? 7200 : 3600;
}

std::int32_t new_york(Instant at) {
  const std::int64_t now = floor_divide(at.micros, kSecond);
  const std::int64_t year = civil_from_days(floor_divide(now, 86'400)).year;
  const bool summer = now >= sunday(year, 3, 2) * 86'400 + 7 * 3600 && now < sunday(year, 11, 1) * 86'400 + 6 * 3600;
  return summer ? -4 * 3600 : -5 * 3600;
}

// Half an hour, and summer over the turn of the year.
std::int32_t lord_howe(Instant at) {
  const std::int64_t now = floor_divide(at.micros, kSecond);
  const std::int64_t year = civil_from_days(floor_divide(now, 86'400)).year;
  const bool winter =
      now >= sunday(year, 4, 1) * 86'400 - 9 * 3600 && now < sunday(year, 10, 1) * 86'400 - (8 * 3600 + 1800);
  return winter ? 37'800 : 39'600;
}

// Samoa left out 30 December 2011.
std::int32_t samoa(Instant at) { return at.micros < seconds(2011, 12, 30, 10) * kSecond ? -10 * 3600 : 14 * 3600; }

Schedule parsed(std::string_view text) {
  auto schedule = Schedule::parse(text);
  EXPECT_TRUE(schedule.ok()) << text << ": "
                             << (schedule.ok() ? "" : schedule.error().text + " " + schedule.error().detail);
  return schedule.ok() ? *schedule : Schedule();
}

std::string shown(std::int64_t wall) {
  const CivilDate date = civil_from_days(floor_divide(wall, 86'400));
  const std::int64_t of_day = wall - floor_divide(wall, 86'400) * 86'400;
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return base::strcat(date.year, "-", two(date.month), "-", two(date.day), " ", two(of_day / 3600), ":",
                      two(of_day / 60 % 60), of_day % 60 == 0 ? "" : ":" + two(of_day % 60));
}

// The next `count` times as UTC (or as the wall shows them), joined by commas.
std::string next_times(std::string_view text, std::int64_t after, int count, const OffsetAt& offset = utc,
                       bool as_wall = false) {
  const Schedule schedule = parsed(text);
  std::vector<std::string> times;
  Instant at{after * kSecond};
  for (int i = 0; i < count; ++i) {
    const auto found = schedule.next(at, offset);
    if (!found) {
      times.emplace_back("never");
      break;
    }
    EXPECT_GT(*found, at);
    at = *found;
    times.push_back(shown(at.micros / kSecond + (as_wall ? offset(at) : 0)));
  }
  return base::join(times, ", ");
}
std::string walls(std::string_view text, std::int64_t after, int count, const OffsetAt& offset) {
  return next_times(text, after, count, offset, true);
}

const std::int64_t kStart = seconds(2024, 1, 1);  // a Monday

TEST(Cron, MinutesHoursAndLists) {
  EXPECT_EQ(next_times("* * * * *", kStart, 2), "2024-01-01 00:01, 2024-01-01 00:02");
  EXPECT_EQ(next_times("*/15 * * * *", kStart + 1, 4),
            "2024-01-01 00:15, 2024-01-01 00:30, 2024-01-01 00:45, 2024-01-01 01:00");
  EXPECT_EQ(next_times("5,35 9-10 * * *", kStart, 5),
            "2024-01-01 09:05, 2024-01-01 09:35, 2024-01-01 10:05, 2024-01-01 10:35, 2024-01-02 09:05");
  EXPECT_EQ(next_times("10-40/15 0 * * *", kStart, 4),
            "2024-01-01 00:10, 2024-01-01 00:25, 2024-01-01 00:40, 2024-01-02 00:10");
  EXPECT_EQ(next_times("59 23 31 12 *", kStart, 2), "2024-12-31 23:59, 2025-12-31 23:59");
  EXPECT_EQ(next_times("  0\t12  * * *  ", kStart, 1), "2024-01-01 12:00");
}

TEST(Cron, IsStrictlyAfter) {
  const Schedule noon = parsed("0 12 * * *");
  const Instant exact{seconds(2024, 1, 1, 12) * kSecond};
  EXPECT_EQ(noon.next(Instant{exact.micros - 1}, utc), exact);
  EXPECT_EQ(noon.next(exact, utc)->micros, exact.micros + 86'400 * kSecond);
  EXPECT_EQ(noon.next(Instant{exact.micros + 1}, utc)->micros, exact.micros + 86'400 * kSecond);
  const Instant early{seconds(1999, 12, 31, 11, 59, 59) * kSecond + 999'999};  // before the epoch
  EXPECT_EQ(noon.next(early, utc)->micros, seconds(1999, 12, 31, 12) * kSecond);
}

TEST(Cron, DaysMonthsAndNames) {
  EXPECT_EQ(next_times("0 9 * * mon-fri", seconds(2024, 1, 4, 10), 3),
            "2024-01-05 09:00, 2024-01-08 09:00, 2024-01-09 09:00");
  EXPECT_EQ(next_times("0 0 * * 0", kStart, 1), "2024-01-07 00:00");
  EXPECT_EQ(next_times("0 0 * * 7", kStart, 1), "2024-01-07 00:00");
  EXPECT_EQ(next_times("0 0 * * 5-7", kStart, 4),
            "2024-01-05 00:00, 2024-01-06 00:00, 2024-01-07 00:00, 2024-01-12 00:00");
  EXPECT_EQ(next_times("0 0 * * FRI-Sun", kStart, 3), "2024-01-05 00:00, 2024-01-06 00:00, 2024-01-07 00:00");
  EXPECT_EQ(next_times("0 0 * * 0-3", kStart, 3), "2024-01-02 00:00, 2024-01-03 00:00, 2024-01-07 00:00");
  EXPECT_EQ(next_times("0 0 1 jan,Jul *", kStart, 3), "2024-07-01 00:00, 2025-01-01 00:00, 2025-07-01 00:00");
  EXPECT_EQ(next_times("0 0 31 * *", kStart, 4),
            "2024-01-31 00:00, 2024-03-31 00:00, 2024-05-31 00:00, 2024-07-31 00:00");
}

TEST(Cron, LastDayOfTheMonthAndLeapYears) {
  EXPECT_EQ(next_times("0 6 $ * *", kStart, 4),
            "2024-01-31 06:00, 2024-02-29 06:00, 2024-03-31 06:00, 2024-04-30 06:00");
  EXPECT_EQ(next_times("0 0 $ 2 *", seconds(2024, 3, 1), 2), "2025-02-28 00:00, 2026-02-28 00:00");
  EXPECT_EQ(next_times("0 0 15,$ feb *", kStart, 2), "2024-02-15 00:00, 2024-02-29 00:00");
  EXPECT_EQ(next_times("0 0 29 2 *", kStart, 3), "2024-02-29 00:00, 2028-02-29 00:00, 2032-02-29 00:00");
  EXPECT_EQ(next_times("0 0 29 2 *", seconds(2096, 3, 1), 1), "2104-02-29 00:00");
  EXPECT_EQ(next_times("0 0 29 2 */7", kStart, 2),
            "2032-02-29 00:00, 2060-02-29 00:00");  // '*/7' is Sunday, and both have to hold
  EXPECT_EQ(next_times("0 0 30 2 *", kStart, 1), "never");
  EXPECT_EQ(next_times("0 0 31 4,6,9,11 *", kStart, 1), "never");
}

TEST(Cron, DayOfMonthOrDayOfWeek) {
  // Both restricted: either.
  EXPECT_EQ(next_times("0 0 13 * 5", kStart, 4),
            "2024-01-05 00:00, 2024-01-12 00:00, 2024-01-13 00:00, 2024-01-19 00:00");
  EXPECT_EQ(next_times("0 0 $ * mon", seconds(2024, 1, 23), 3), "2024-01-29 00:00, 2024-01-31 00:00, 2024-02-05 00:00");
  // One begins with '*': both, as in Vixie's cron.
  EXPECT_EQ(next_times("0 0 */10 * 4", kStart, 3), "2024-01-11 00:00, 2024-02-01 00:00, 2024-03-21 00:00");
  EXPECT_EQ(next_times("0 0 13 * *", kStart, 2), "2024-01-13 00:00, 2024-02-13 00:00");
}

TEST(Cron, Nicknames) {
  EXPECT_EQ(next_times("@hourly", kStart, 1), "2024-01-01 01:00");
  EXPECT_EQ(next_times("@daily", kStart, 1), "2024-01-02 00:00");
  EXPECT_EQ(next_times("@midnight", kStart, 1), "2024-01-02 00:00");
  EXPECT_EQ(next_times("@weekly", kStart, 1), "2024-01-07 00:00");
  EXPECT_EQ(next_times("@Monthly", kStart, 1), "2024-02-01 00:00");
  EXPECT_EQ(next_times("@yearly", kStart, 1), "2025-01-01 00:00");
  EXPECT_EQ(next_times("CRON_TZ=Asia/Tokyo @annually", kStart, 1), "2025-01-01 00:00");
}

TEST(Interval, CountsFromTheEpoch) {
  EXPECT_EQ(next_times("30 seconds", kStart, 3), "2024-01-01 00:00:30, 2024-01-01 00:01, 2024-01-01 00:01:30");
  EXPECT_EQ(next_times("every 5 minutes", kStart + 61, 2), "2024-01-01 00:05, 2024-01-01 00:10");
  EXPECT_EQ(next_times("every 2 hours", kStart + 3600, 2), "2024-01-01 02:00, 2024-01-01 04:00");
  EXPECT_EQ(next_times("every hour", kStart, 1), "2024-01-01 01:00");
  EXPECT_EQ(next_times("Every Minute", kStart, 1), "2024-01-01 00:01");
  EXPECT_EQ(next_times("1 day", kStart, 2), "2024-01-02 00:00, 2024-01-03 00:00");
  EXPECT_EQ(next_times("every 2 hours", seconds(2024, 3, 31, 0, 30), 2, berlin), "2024-03-31 02:00, 2024-03-31 04:00");
  EXPECT_EQ(parsed("10 seconds").next(Instant{-1}, utc)->micros, 0);
  EXPECT_EQ(parsed("10 seconds").next(Instant{0}, utc)->micros, 10 * kSecond);
}

TEST(Schedule, BeyondAllTimeIsNever) {
  EXPECT_FALSE(parsed("* * * * *").next(Instant{std::numeric_limits<std::int64_t>::max()}, utc).has_value());
  EXPECT_FALSE(parsed("every day").next(Instant{std::numeric_limits<std::int64_t>::min()}, utc).has_value());
}

TEST(ClockChange, FixedTimesInASkippedHourComeRightAfterIt) {
  const std::int64_t before = seconds(2024, 3, 30, 12);  // the clock goes from 02:00 to 03:00 on 31 March, 01:00 UTC
  EXPECT_EQ(walls("30 2 * * *", before, 3, berlin), "2024-03-31 03:00, 2024-04-01 02:30, 2024-04-02 02:30");
  EXPECT_EQ(walls("0 2 * * *", before, 2, berlin), "2024-03-31 03:00, 2024-04-01 02:00");
  EXPECT_EQ(walls("0,20,40 2 * * *", before, 2, berlin),
            "2024-03-31 03:00, 2024-04-01 02:00");  // three skipped, one run
  EXPECT_EQ(walls("0 2,3 * * *", before, 3, berlin), "2024-03-31 03:00, 2024-04-01 02:00, 2024-04-01 03:00");
  EXPECT_EQ(walls("0 1,2,4 * * *", before, 3, berlin), "2024-03-31 01:00, 2024-03-31 03:00, 2024-03-31 04:00");
  EXPECT_EQ(walls("30 2 * * mon", before, 1, berlin), "2024-04-01 02:30");  // the skipped one was a Sunday's
  EXPECT_EQ(walls("30 2 * * *", seconds(2024, 3, 9, 12), 1, new_york), "2024-03-10 03:00");
  EXPECT_EQ(next_times("30 2 * * *", seconds(2024, 3, 31, 0, 59, 59), 1, berlin), "2024-03-31 01:00");
  EXPECT_EQ(next_times("30 2 * * *", seconds(2024, 3, 31, 1), 1, berlin), "2024-04-01 00:30");
}

TEST(ClockChange, FixedTimesInARepeatedHourComeOnce) {
  const std::int64_t before = seconds(2024, 10, 26, 12);  // 03:00 becomes 02:00 on 27 October, 01:00 UTC
  EXPECT_EQ(next_times("30 2 * * *", before, 2, berlin), "2024-10-27 00:30, 2024-10-28 01:30");
  EXPECT_EQ(next_times("0 3 * * *", before, 2, berlin), "2024-10-27 02:00, 2024-10-28 02:00");
  EXPECT_EQ(next_times("30 2 * * *", seconds(2024, 10, 27, 1, 10), 1, berlin),
            "2024-10-28 01:30");  // asked in the second pass
  EXPECT_EQ(next_times("0 2 * * *", seconds(2024, 10, 27, 0, 59, 59), 1, berlin), "2024-10-28 01:00");
  EXPECT_EQ(next_times("30 1 * * *", seconds(2024, 11, 2, 12), 2, new_york), "2024-11-03 05:30, 2024-11-04 06:30");
}

TEST(ClockChange, WildSchedulesFollowTheWall) {
  EXPECT_EQ(next_times("0 * * * *", seconds(2024, 3, 31, 0, 30), 3, berlin),
            "2024-03-31 01:00, 2024-03-31 02:00, 2024-03-31 03:00");
  EXPECT_EQ(next_times("0 * * * *", seconds(2024, 10, 26, 23, 30), 4, berlin),
            "2024-10-27 00:00, 2024-10-27 01:00, 2024-10-27 02:00, 2024-10-27 03:00");
  EXPECT_EQ(walls("*/30 2 * * *", seconds(2024, 3, 30, 12), 1, berlin),
            "2024-04-01 02:00");  // no wall showed it on the 31st
  EXPECT_EQ(next_times("*/30 2 * * *", seconds(2024, 10, 26, 12), 5, berlin),
            "2024-10-27 00:00, 2024-10-27 00:30, 2024-10-27 01:00, 2024-10-27 01:30, 2024-10-28 01:00");
}

TEST(ClockChange, HalfHoursAndWholeDays) {
  // 02:00 becomes 02:30 on 6 October 2024 and 01:30 on 7 April 2024.
  EXPECT_EQ(walls("15 2 * * *", seconds(2024, 10, 5, 2), 2, lord_howe), "2024-10-06 02:30, 2024-10-07 02:15");
  EXPECT_EQ(walls("45 2 * * *", seconds(2024, 10, 5, 2), 2, lord_howe), "2024-10-06 02:45, 2024-10-07 02:45");
  EXPECT_EQ(walls("45 1 * * *", seconds(2024, 4, 6, 0), 2, lord_howe), "2024-04-07 01:45, 2024-04-08 01:45");
  EXPECT_EQ(walls("45 * * * *", seconds(2024, 4, 6, 14), 4, lord_howe),
            "2024-04-07 01:45, 2024-04-07 01:45, 2024-04-07 02:45, 2024-04-07 03:45");
  EXPECT_EQ(walls("0 12 30 12 *", seconds(2011, 12, 1), 2, samoa), "2011-12-31 00:00, 2012-12-30 12:00");
  EXPECT_EQ(walls("0 12 * * *", seconds(2011, 12, 29, 0), 3, samoa),
            "2011-12-29 12:00, 2011-12-31 00:00, 2011-12-31 12:00");
}

// The rule spelled out minute by minute, as slowly as can be.
std::optional<std::int64_t> slowly(const CronFields& cron, std::int64_t after, const OffsetAt& offset,
                                   std::int64_t until) {
  const auto at = [&](std::int64_t t) { return offset(Instant{t * kSecond}); };
  const auto matches = [&](std::int64_t wall) {
    const std::int64_t day = floor_divide(wall, 86'400), minute = (wall - day * 86'400) / 60;
    const CivilDate date = civil_from_days(day);
    return (cron.hours >> (minute / 60) & 1) != 0 && (cron.minutes >> (minute % 60) & 1) != 0 &&
           cron.matches_day(date.year, date.month, date.day, weekday_of(day));
  };
  const bool fixed = !cron.hour_wild && !cron.minute_wild;
  std::int64_t latest_wall = std::numeric_limits<std::int64_t>::min();
  for (std::int64_t t = floor_divide(after - 30 * 3600, 60) * 60; t <= until; t += 60) {
    const std::int64_t wall = t + at(t);
    bool due = matches(wall) && (!fixed || wall > latest_wall);
    for (std::int64_t skipped = t + at(t - 60); fixed && skipped < wall; skipped += 60) due = due || matches(skipped);
    latest_wall = std::max(latest_wall, wall);
    if (due && t > after) return t;
  }
  return std::nullopt;
}

TEST(ClockChange, AgreesWithTheRuleSpelledOut) {
  std::mt19937 random(7);
  const std::vector<std::vector<std::string>> choices = {
      {"*", "0", "30", "*/20", "0,15,45", "5-50/9"},  {"*", "2", "1-3", "*/2", "0,2", "3", "23", "0-23"},
      {"*", "*", "*", "31", "$", "1-7", "*/3", "10"}, {"*", "*", "3,4,10,11,12"},
      {"*", "*", "*", "sun", "1-5", "*/2"},
  };
  struct Around {
    OffsetAt offset;
    std::int64_t change;
  };
  const std::vector<Around> zones = {
      {berlin, seconds(2024, 3, 31, 1)},         {berlin, seconds(2024, 10, 27, 1)},
      {new_york, seconds(2024, 3, 10, 7)},       {new_york, seconds(2024, 11, 3, 6)},
      {samoa, seconds(2011, 12, 30, 10)},        {lord_howe, seconds(2024, 4, 6, 15)},
      {lord_howe, seconds(2024, 10, 5, 15, 30)},
  };
  for (int i = 0; i < 1500; ++i) {
    std::vector<std::string> fields;
    for (const auto& choice : choices) fields.push_back(choice[random() % choice.size()]);
    const Around& zone = zones[random() % zones.size()];
    const std::int64_t after = zone.change - 36 * 3600 + static_cast<std::int64_t>(random() % (48 * 3600));
    const std::string line = base::join(fields, " ");
    const std::int64_t until = after + 4 * 86'400;
    const auto expected = slowly(*CronFields::parse(fields), after, zone.offset, until);
    const auto found = parsed(line).next(Instant{after * kSecond}, zone.offset);
    if (expected) {
      ASSERT_TRUE(found.has_value()) << line << " after " << shown(after);
      ASSERT_EQ(shown(found->micros / kSecond), shown(*expected)) << line << " after " << shown(after);
    } else {
      ASSERT_TRUE(!found || found->micros > until * kSecond) << line << " after " << shown(after);
    }
  }
}

TEST(Schedule, AsksTheZoneOnlyAFewTimes) {
  int asked = 0;
  const OffsetAt counting = [&](Instant at) {
    ++asked;
    return berlin(at);
  };
  ASSERT_TRUE(parsed("0 0 29 2 *").next(Instant{seconds(2096, 3, 1) * kSecond}, counting).has_value());
  EXPECT_LT(asked, 60);  // eight years ahead
}

TEST(Schedule, KnowsItsZone) {
  EXPECT_EQ(parsed("CRON_TZ=Europe/Paris 0 9 * * 1-5").zone(), "Europe/Paris");
  EXPECT_EQ(parsed("CRON_TZ=Etc/GMT+5 0 9 * * *").zone(), "Etc/GMT+5");
  EXPECT_EQ(parsed("0 9 * * 1-5").zone(), "");
}

std::string refusal(std::string_view text) {
  const auto schedule = Schedule::parse(text);
  if (schedule.ok()) return "taken";
  EXPECT_EQ(schedule.error().code, base::Errc::invalid_text);
  EXPECT_FALSE(schedule.error().hint.empty()) << text;
  return base::strcat(schedule.error().text, " | ", schedule.error().detail, " | ", schedule.error().hint);
}

TEST(Refusals, NameFieldValueAndWhatIsAllowed) {
  EXPECT_EQ(refusal("61 * * * *"),
            "invalid minute \"61\" in schedule | 61 is out of range. | Allowed are 0 to 59, and of them \"*\", ranges "
            "(a-b), steps (*/n, a-b/n) and lists (a,b).");
  EXPECT_NE(refusal("* 24 * * *").find("invalid hour \"24\""), std::string::npos);
  EXPECT_NE(refusal("* * 0 * *").find("invalid day of month \"0\""), std::string::npos);
  EXPECT_NE(refusal("* * * 13 *").find("invalid month \"13\""), std::string::npos);
  EXPECT_NE(refusal("* * * * 8").find("invalid day of week \"8\""), std::string::npos);
  EXPECT_NE(refusal("* * * foo *").find("\"foo\" is not a value of this field"), std::string::npos);
  EXPECT_NE(refusal("0 22-2 * * *").find("Write 22-23,0-2 if it goes round"), std::string::npos);
  EXPECT_NE(refusal("0 0 * * fri-mon").find("Write 5-6,0-1 if it goes round"), std::string::npos);
  EXPECT_NE(refusal("5/15 * * * *").find("Write 5-59/15"), std::string::npos);
  EXPECT_NE(refusal("*/0 * * * *").find("The step has to be a number from 1"), std::string::npos);
  EXPECT_NE(refusal("*/60 * * * *").find("leaves only the first value"), std::string::npos);
}

TEST(Refusals, OtherDialects) {
  EXPECT_NE(refusal("0 0 ? * 1").find("Write * instead of ?"), std::string::npos);
  EXPECT_NE(refusal("0 0 L * *").find("Write $ for the last day"), std::string::npos);
  EXPECT_NE(refusal("0 0 * * 5#2").find("cannot be written"), std::string::npos);
  EXPECT_NE(refusal("0 0 * * $").find("invalid day of week"), std::string::npos);
  EXPECT_NE(refusal("0 0 12 * * *").find("this one has 6"), std::string::npos);
  EXPECT_NE(refusal("30s").find("five fields"), std::string::npos);
  EXPECT_NE(refusal("@reboot").find("@hourly"), std::string::npos);
  EXPECT_NE(refusal("TZ=Europe/Paris 0 0 * * *").find("Write CRON_TZ=Europe/Paris"), std::string::npos);
}

TEST(Refusals, BrokenText) {
  for (const char* text : {"",
                           "   ",
                           "*",
                           "* * * *",
                           ", * * * *",
                           "1,,2 * * * *",
                           "1- * * * *",
                           "-1 * * * *",
                           "1-2-3 * * * *",
                           "*/ * * * *",
                           "*/-1 * * * *",
                           "/5 * * * *",
                           "** * * * *",
                           "* * * * mon-",
                           "1.5 * * * *",
                           "99999999999 * * * *",
                           "CRON_TZ= * * * * *",
                           "CRON_TZ=Europe/Paris",
                           "CRON_TZ=a;b * * * * *",
                           "every",
                           "every 0 minutes",
                           "0 seconds",
                           "every 5",
                           "every fortnight",
                           "every -5 minutes",
                           "every 5 minutes please",
                           "5 parsecs",
                           "99999999999999999999 seconds",
                           "400 days",
                           "every week",
                           "CRON_TZ=Europe/Paris every 5 minutes"}) {
    EXPECT_NE(refusal(text), "taken") << text;
  }
  EXPECT_NE(refusal(std::string(2000, '*')), "taken");
  EXPECT_NE(refusal("every 2 weeks").find("'@weekly'"), std::string::npos);
}

TEST(Describe, Times) {
  EXPECT_EQ(parsed("30 seconds").describe(), "every 30 seconds");
  EXPECT_EQ(parsed("1 second").describe(), "every second");
  EXPECT_EQ(parsed("every 90 minutes").describe(), "every 90 minutes");
  EXPECT_EQ(parsed("60 minutes").describe(), "every hour");
  EXPECT_EQ(parsed("every 2 days").describe(), "every 2 days");
  EXPECT_EQ(parsed("* * * * *").describe(), "every minute");
  EXPECT_EQ(parsed("*/15 * * * *").describe(), "every 15 minutes");
  EXPECT_EQ(parsed("0,30 * * * *").describe(), "every 30 minutes");
  EXPECT_EQ(parsed("*/25 * * * *").describe(), "at minutes 0, 25 and 50 of every hour");
  EXPECT_EQ(parsed("@hourly").describe(), "every hour");
  EXPECT_EQ(parsed("5 * * * *").describe(), "every hour at minute 5");
  EXPECT_EQ(parsed("30 */6 * * *").describe(), "every 6 hours at minute 30");
  EXPECT_EQ(parsed("0 9,17 * * *").describe(), "at 09:00 and 17:00 every day");
  EXPECT_EQ(parsed("*/10 9-17 * * *").describe(), "every 10 minutes of the hours 9 to 17");
  EXPECT_EQ(parsed("* 3 * * *").describe(), "every minute of the hour 3");
}

TEST(Describe, Days) {
  EXPECT_EQ(parsed("CRON_TZ=Europe/Paris 0 9 * * 1-5").describe(), "at 09:00 on Monday to Friday (Europe/Paris)");
  EXPECT_EQ(parsed("0 9 * * sat,sun").describe(), "at 09:00 on Saturday and Sunday");
  EXPECT_EQ(parsed("0 9 1,15 * *").describe(), "at 09:00 on days 1 and 15 of the month");
  EXPECT_EQ(parsed("0 9 $ * *").describe(), "at 09:00 on the last day of the month");
  EXPECT_EQ(parsed("0 9 15,$ * *").describe(), "at 09:00 on day 15 of the month and on its last day");
  EXPECT_EQ(parsed("0 0 13 * 5").describe(), "at 00:00 on day 13 of the month and on Friday");
  EXPECT_EQ(parsed("0 0 1-7 * */7").describe(), "at 00:00 on days 1 to 7 of the month if it is Sunday");
  EXPECT_EQ(parsed("0 0 1-31 * 1").describe(), "at 00:00 every day");
  EXPECT_EQ(parsed("@yearly").describe(), "at 00:00 on day 1 of the month in January");
  EXPECT_EQ(parsed("0 12 * jun-aug mon").describe(), "at 12:00 on Monday in June to August");
  EXPECT_EQ(parsed("*/5 * * * 1-5").describe(), "every 5 minutes on Monday to Friday");
}

}  // namespace
}  // namespace tandem::core
