// Dates, times and intervals: what is a moment, and what would be a guess.
#include "core_convert_fixture.hpp"

#include <string>

#include "core/convert/civil.hpp"

namespace tandem::core {
namespace {

TEST_F(Convert, Dates) {
  EXPECT_EQ(day("2000-01-01"), "0");
  EXPECT_EQ(day("1970-01-01"), "-10957");
  EXPECT_EQ(day("2024-02-29"), "8825");
  EXPECT_EQ(day("0001-01-01"), "-730119");
  EXPECT_EQ(day("9999-12-31"), "2921939");
  EXPECT_EQ(day("2024-02-29T00:00:00"), "8825");
  EXPECT_EQ(day("2024-02-29 00:00:00.000Z"), "8825");
  EXPECT_EQ(day("2024-02-29T00:00:00+00:00"), "8825");
  EXPECT_EQ(day("2024-02-29T00:00:00+01:00"), "TD106");  // another day in UTC
  EXPECT_EQ(day("2024-02-29T10:00:00"), "TD106");
  EXPECT_NE(problem_.suggestion.find("timestamp column"), std::string::npos);
  for (const char* content : {"2023-02-29", "1900-02-29", "2024-13-01",  "2024-00-10",  "2024-04-31",
                              "2024-01-00", "0000-00-00", "0000-01-01",  "10000-01-01", "-0001-01-01",
                              "24-01-01",   "2024-1-1",   "20240101",    "2024/01/01",  "01.02.2024",
                              "",           "2024",       "2024-01-01x", "infinity",    "today",
                              " 2024-01-01"}) {
    EXPECT_EQ(day(content), "TD106") << content;
  }
  EXPECT_EQ(to(kDate, number("20240101")), "TD101");
}

TEST_F(Convert, TimestampsWithOffset) {
  EXPECT_EQ(moment("2000-01-01T00:00:00Z"), "0");
  EXPECT_EQ(moment("1970-01-01T00:00:00Z"), "-946684800");
  EXPECT_EQ(moment("2000-01-01t01:00:00z"), "3600");
  EXPECT_EQ(moment("2000-01-01 01:00:00+01:00"), "0");
  EXPECT_EQ(moment("2000-01-01T01:00:00+0100"), "0");
  EXPECT_EQ(moment("2000-01-01T01:00:00+01"), "0");
  EXPECT_EQ(moment("2000-01-01T00:00:00-00:30"), "1800");
  EXPECT_EQ(moment("2000-01-01T00:01Z"), "60");
  EXPECT_EQ(moment("2000-01-01T00:00:00.5Z"), "500000us");
  EXPECT_EQ(moment("2000-01-01T00:00:00.000001Z"), "1us");
  EXPECT_EQ(moment("2000-01-01T00:00:00.0000010000Z"), "1us");
  EXPECT_EQ(moment("2000-01-01T00:00:00.0000001Z"), "TD107");
  EXPECT_EQ(moment("2000-01-01T23:59:60Z"), "TD106");
  EXPECT_NE(problem_.message.find("leap second"), std::string::npos);
  EXPECT_EQ(moment("2000-01-01T24:00:00Z"), "TD106");
  EXPECT_NE(problem_.message.find("24:00"), std::string::npos);
  EXPECT_EQ(moment("0001-01-01T00:00:00+23:59"), "-63082367940");  // in 1 BC by UTC: as Postgres counts
}

TEST_F(Convert, TimestampsThatWouldBeAGuess) {
  EXPECT_EQ(moment("2024-01-01T10:00:00"), "TD106");
  EXPECT_NE(problem_.message.find("which zone is meant would be a guess"), std::string::npos);
  EXPECT_NE(problem_.suggestion.find("timestamp (without time zone)"), std::string::npos);
  EXPECT_EQ(moment("2024-01-01"), "TD106");
  EXPECT_EQ(to(kTimestamptz, number("1700000000")), "TD101");
  EXPECT_NE(problem_.message.find("seconds or milliseconds"), std::string::npos);
  for (const char* content : {"2024-01-01T10:00:00 UTC",
                              "2024-01-01T10:00:00+1",
                              "2024-01-01T10:00:00+24:00",
                              "2024-01-01T10:00:00+01:60",
                              "2024-01-01T10:00:00.Z",
                              "2024-01-01T10:00:00,5Z",
                              "2024-01-01T10Z",
                              "2024-01-01T1:00:00Z",
                              "2024-01-01T25:00:00Z",
                              "2024-01-01T10:61:00Z",
                              "2024-01-01T10:00:61Z",
                              "2024-01-01T",
                              "2024-01-01  10:00:00Z",
                              "2024-01-01T10:00:00ZZ",
                              "2024-02-30T10:00:00Z",
                              "Mon, 01 Jan 2024 10:00:00 GMT",
                              "2024-01-01T10:00:00+01:00[Europe/Paris]",
                              "2024-01-01T10:00:00+",
                              "2024-01-01T10:00.5Z",
                              "1700000000"}) {
    EXPECT_EQ(moment(content), "TD106") << content;
  }
}

TEST_F(Convert, TimestampsWithoutZone) {
  EXPECT_EQ(to(kTimestamp, text("2000-01-01T00:00:01")), "time");
  EXPECT_EQ(time_, 1'000'000);
  EXPECT_EQ(to(kTimestamp, text("1999-12-31 23:59:59.999999")), "time");
  EXPECT_EQ(time_, -1);
  EXPECT_EQ(to(kTimestamp, text("2000-01-01T00:00:01Z")), "TD106");
  EXPECT_NE(problem_.suggestion.find("timestamptz"), std::string::npos);
  EXPECT_EQ(to(kTimestamp, text("2000-01-01")), "TD106");
}

TEST_F(Convert, PrecisionOfTimesIsNotRounded) {
  const ColumnType millis = limited(TypeClass::timestamptz, "timestamp(3) with time zone", 3);
  EXPECT_EQ(to(millis, text("2000-01-01T00:00:00.123Z")), "time");
  EXPECT_EQ(to(millis, text("2000-01-01T00:00:00.123000Z")), "time");
  EXPECT_EQ(to(millis, text("2000-01-01T00:00:00.1234Z")), "TD107");
  EXPECT_EQ(to(limited(TypeClass::time, "time(0) without time zone", 0), text("10:00:00.5")), "TD107");
  EXPECT_EQ(to(limited(TypeClass::interval, "interval(0)", 0), text("PT0.5S")), "TD107");
}

TEST_F(Convert, TimesOfDay) {
  EXPECT_EQ(to(kTime, text("10:00")), "text:10:00");
  EXPECT_EQ(to(kTime, text("23:59:59.999999")), "text:23:59:59.999999");
  for (const char* content :
       {"24:00:00", "10:00:60", "25:00", "10", "10:00:00Z", "10:00+01", "10:00 PM", "", "2024-01-01T10:00"}) {
    EXPECT_EQ(to(kTime, text(content)), "TD106") << content;
  }
  EXPECT_EQ(to(kTime, text("10:00:00.1234567")), "TD107");
}

TEST_F(Convert, TimesOfDayWithAnOffset) {
  const ColumnType timetz = column(TypeClass::input, "time with time zone");
  EXPECT_EQ(to(timetz, text("10:00+02")), "text:10:00+02");
  EXPECT_EQ(to(timetz, text("23:59:59.999999Z")), "text:23:59:59.999999Z");
  for (const char* content : {"now", "allballs", "10:00", "24:00:00Z", "10:00:60Z", "10:00 PM", "10:00 Europe/Paris",
                              "10:00 EST", "", "2024-01-01T10:00Z", "100000+02"}) {
    EXPECT_EQ(to(timetz, text(content)), "TD106") << content;
  }
  EXPECT_EQ(to(timetz, number("10")), "TD101");
  EXPECT_EQ(to(limited(TypeClass::input, "time(2) with time zone", 2), text("10:00:00.123Z")), "TD107");
}

// Words that Postgres's own input functions take: another value at each reading, or no value of the source's.
TEST_F(Convert, NoTypeOfTimeTakesWords) {
  for (const char* word : {"now", "today", "tomorrow", "epoch", "infinity", "-infinity", "Infinity"})
    for (const ColumnType& type : {kDate, kTime, kTimestamp, kTimestamptz, kInterval})
      EXPECT_EQ(to(type, text(word)), "TD106") << type.name << ' ' << word;
  for (const char* word : {"NaN", "Infinity", "-inf", "nan", "0x1F", "1_000", " 1", "1 "})
    for (const ColumnType& type : {kSmall, kInt, kBig, kNumeric, kReal, kDouble})
      EXPECT_EQ(to(type, text(word)), "TD101") << type.name << ' ' << word;
}

TEST_F(Convert, Intervals) {
  for (const char* content :
       {"P1Y2M3W4DT5H6M7.5S", "PT0S", "P-1D", "1 day", "2 hours 30 mins", "1 year 2 mons -3 days +04:05:06.5",
        "02:00:00", "-02:00:00", "1.5 seconds", "120:00:00", "-1 day +02:00:00", "-1 day -2 hours"}) {
    EXPECT_EQ(to(kInterval, text(content)), "text:" + std::string(content));
  }
  for (const char* content : {"",
                              "P",
                              "PT",
                              "P1",
                              "P1DT",
                              "P1H",
                              "PT1H1H",
                              "PT1M1H",
                              "P1.5D",
                              "1.5 days",
                              "5",
                              "1",
                              "soon",
                              "1 fortnight",
                              "1 day 2",
                              "02:00",
                              "1 day ago",
                              "1day2",
                              "02:60:00",
                              "02:00:61",
                              "-1 day 02:00:00",
                              "-1 day 2 hours",
                              "P1D ",
                              "1:2:3",
                              "99999999999 days",
                              "1 day 02:00:00 3",
                              "P+1D",
                              "1 day 1 day",
                              "1 hour 02:00:00",
                              "1 sec 1 second"}) {
    EXPECT_EQ(to(kInterval, text(content)), "TD106") << content;
  }
  EXPECT_EQ(to(kInterval, text("PT0.0000001S")), "TD107");
  EXPECT_EQ(to(kInterval, number("60")), "TD101");
  EXPECT_EQ(to(column(TypeClass::interval, "interval year to month"), text("1 year 2 days")), "TD107");
  EXPECT_EQ(to(column(TypeClass::interval, "interval day to second"), text("P1DT2H")), "text:P1DT2H");
}

TEST(Civil, GoesThereAndBack) {
  for (std::int64_t day = -800'000; day < 3'000'000; day += 17) {
    const CivilDate date = civil_from_days(day);
    ASSERT_EQ(days_from_civil(date.year, date.month, date.day), day);
    ASSERT_LE(date.day, days_in_month(date.year, date.month));
  }
  EXPECT_EQ(weekday_of(0), 6u);  // Saturday
  EXPECT_EQ(weekday_of(-7), 6u);
  EXPECT_EQ(weekday_of(1), 0u);
}

}  // namespace
}  // namespace tandem::core
