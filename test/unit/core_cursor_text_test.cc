// What a cursor's values mean and how its bound is written, format by format.
#include <gtest/gtest.h>

#include "core/manifest/read.hpp"
#include "core/manifest/values.hpp"
#include "core/listing/cursor_text.hpp"
#include "core/convert/time_pattern.hpp"

namespace tandem::core {
namespace {

using base::Json;

constexpr std::int64_t kMinute = 60 * base::kSecond, kHour = 60 * kMinute;

CursorText pattern(const char* text) { return CursorText({.format = CursorFormat::pattern, .pattern = text}); }

TEST(CursorText, BoundIsRoundedDownToTheGrain) {
  const CursorText minutes({.grain = kMinute});
  EXPECT_EQ(minutes.lower_text("2026-01-02T03:04:59.5Z", 0), "2026-01-02T03:04:00Z");
  EXPECT_EQ(minutes.lower_text("2026-01-02T03:04:59Z", 5 * kMinute), "2026-01-02T02:59:00Z");
  const CursorText before_2000({.grain = kHour});
  EXPECT_EQ(before_2000.lower_text("1999-12-31T23:59:59Z", 0), "1999-12-31T23:00:00Z");
}

TEST(CursorText, AnExclusiveFilterIsAskedForAGrainEarlier) {
  EXPECT_EQ(CursorText({.inclusive = false}).lower_text("2026-01-02T03:04:05Z", 0), "2026-01-02T03:04:04Z");
  EXPECT_EQ(CursorText({.grain = kMinute, .inclusive = false}).lower_text("2026-01-02T03:04:05Z", 0),
            "2026-01-02T03:03:00Z");
  EXPECT_EQ(CursorText({.format = CursorFormat::integer, .inclusive = false}).lower_text("17", 0), "16");
  EXPECT_EQ(CursorText({.format = CursorFormat::epoch_ms, .inclusive = false}).lower_text("1700000000001", 0),
            "1700000000000");
  EXPECT_EQ(
      CursorText({.format = CursorFormat::epoch, .grain = kMinute, .inclusive = false}).lower_text("1700000000", 0),
      "1699999920");
}

TEST(CursorText, AValueThatNeedsNoMovingGoesOutAsItCameIn) {
  for (const char* text : {"2026-01-02T03:04:05.123456+0200", "2026-01-02 03:04:05", "whatever"})
    EXPECT_EQ(CursorText(Cursor{}).lower_text(text, 0), text);
  EXPECT_EQ(CursorText({.format = CursorFormat::text}).lower_text("v17", 99), "v17");
}

TEST(CursorText, PrintsAsMuchOfASecondAsThereIs) {
  const CursorText iso{Cursor{}};
  EXPECT_EQ(iso.print(0), "2000-01-01T00:00:00Z");
  EXPECT_EQ(iso.print(500'000), "2000-01-01T00:00:00.500Z");
  EXPECT_EQ(iso.print(-1), "1999-12-31T23:59:59.999999Z");
  EXPECT_EQ(CursorText({.format = CursorFormat::epoch}).print(-1), "946684799");
  EXPECT_EQ(CursorText({.format = CursorFormat::epoch_ms}).print(1'999), "946684800001");
}

TEST(CursorText, PatternsOfRealApis) {
  const std::int64_t at = *CursorText(Cursor{}).rank("2026-01-02T03:04:05.678Z");
  EXPECT_EQ(pattern("%Y/%m/%d %H:%M").print(at), "2026/01/02 03:04");                      // Jira's query language
  EXPECT_EQ(pattern("%Y-%m-%d %H:%M:%S").print(at), "2026-01-02 03:04:05");                // ServiceNow
  EXPECT_EQ(pattern("%Y-%m-%dT%H:%M:%S.%L%z").print(at), "2026-01-02T03:04:05.678+0000");  // Salesforce
  EXPECT_EQ(pattern("%d.%m.%Y 100%%").print(at), "02.01.2026 100%");
  EXPECT_EQ(pattern("%s").print(at), "1767323045");
  EXPECT_EQ(pattern("%Y-%m-%dT%H:%M:%S.%f%:z").print(at), "2026-01-02T03:04:05.678000+00:00");
}

TEST(CursorText, ReadsItsOwnPatternAndIso) {
  const CursorText jira = pattern("%Y/%m/%d %H:%M");
  EXPECT_EQ(jira.print(*jira.rank("2026/01/02 03:04")), "2026/01/02 03:04");
  EXPECT_EQ(jira.print(*jira.rank("2026-01-02T11:04:59.784+0800")), "2026/01/02 03:04");  // as its records have it
  EXPECT_EQ(pattern("%d/%m/%Y").rank("31/02/2026"), std::nullopt);
  EXPECT_EQ(pattern("%d/%m/%Y").rank("1/2/2026"), std::nullopt);
  const CursorText zendesk({.format = CursorFormat::epoch});
  EXPECT_EQ(zendesk.print(*zendesk.rank("2026-01-02T03:04:05Z")), "1767323045");
  EXPECT_EQ(zendesk.rank("never"), std::nullopt);
}

TEST(CursorText, WhatIsPrintedCanBeRankedAgain) {
  for (const char* text : {"%Y-%m-%dT%H:%M:%S.%f%z", "%Y%m%d%H%M%S%f", "%H:%M:%S.%f %d/%m/%Y %:z"}) {
    const CursorText cursor = pattern(text);
    for (std::int64_t at = -400 * 366LL * 24 * kHour; at < 400 * 366LL * 24 * kHour; at += 7'777'777'777'777'777)
      EXPECT_EQ(cursor.rank(cursor.print(at)), at) << text << ' ' << cursor.print(at);
  }
}

TEST(CursorText, NumbersThatAreNoTimesHaveNoRank) {
  EXPECT_EQ(CursorText(Cursor{}).rank({base::Kind::number, "1700000000"}), std::nullopt);
  EXPECT_TRUE(CursorText({.format = CursorFormat::epoch}).rank({base::Kind::number, "1700000000"}));
  EXPECT_EQ(CursorText({.format = CursorFormat::epoch}).rank({base::Kind::number, "9223372036854775807"}),
            std::nullopt);
  EXPECT_EQ(CursorText({.format = CursorFormat::epoch}).rank({base::Kind::boolean, "true"}), std::nullopt);
}

// Berlin: summer time ends on 2026-10-25 at 01:00 UTC.
std::int32_t berlin(base::Instant at) {
  const std::int64_t end = *CursorText(Cursor{}).rank("2026-10-25T01:00:00Z");
  return at.micros < end ? 7200 : 3600;
}

TEST(CursorText, ZonesAreWrittenAndReadByTheirClock) {
  const CursorText jira({.format = CursorFormat::pattern, .pattern = "%Y/%m/%d %H:%M", .zone = "Europe/Berlin"},
                        berlin);
  EXPECT_EQ(jira.lower_text("2026-07-01T10:00:00Z", 0), "2026/07/01 12:00");
  EXPECT_EQ(jira.lower_text("2026-12-01T10:00:00Z", 0), "2026/12/01 11:00");
  EXPECT_EQ(*jira.rank("2026/07/01 12:00"), *jira.rank("2026-07-01T10:00:00Z"));
}

TEST(CursorText, TheHourThatIsWrittenTwiceIsTakenForTheEarlierOne) {
  const CursorText jira({.format = CursorFormat::pattern, .pattern = "%Y/%m/%d %H:%M", .zone = "Europe/Berlin"},
                        berlin);
  for (std::int64_t minute = -300; minute < 300; ++minute) {
    const std::int64_t at = *jira.rank("2026-10-25T01:00:00Z") + minute * kMinute;
    EXPECT_LE(*jira.rank(jira.print(at)), at);
    EXPECT_GE(*jira.rank(jira.print(at)), at - 2 * kHour);
  }
}

TEST(TimePattern, SaysWhatIsWrong) {
  EXPECT_EQ(check_time_pattern("%Y/%m/%d"), std::nullopt);
  EXPECT_EQ(check_time_pattern("%s"), std::nullopt);
  EXPECT_NE(check_time_pattern("%Y-%q-%d"), std::nullopt);
  EXPECT_NE(check_time_pattern("%H:%M"), std::nullopt);
  EXPECT_NE(check_time_pattern("%d%"), std::nullopt);
}

TEST(Span, InWordsLettersAndSeconds) {
  const auto micros = [](const char* json) {
    const Json list = Json::parse(std::string("[") + json + "]").value();
    const auto span = span_micros(list.items().front());
    return span ? *span : -1;
  };
  EXPECT_EQ(micros("90"), 90 * base::kSecond);
  EXPECT_EQ(micros("\"1ms\""), 1000);
  EXPECT_EQ(micros("\"1s\""), base::kSecond);
  EXPECT_EQ(micros("\"10 minutes\""), 10 * kMinute);
  EXPECT_EQ(micros("\"1m\""), kMinute);
  EXPECT_EQ(micros("\"30 days\""), 30 * 24 * kHour);
  EXPECT_EQ(micros("\" 2 Weeks \""), 14 * 24 * kHour);
  for (const char* bad :
       {"0", "-1", "\"\"", "\"days\"", "\"5\"", "\"5 fortnights\"", "1.5", "true", "\"1e9 days\"", "\"999999 weeks\""})
    EXPECT_EQ(micros(bad), -1) << bad;
}

TEST(Expired, MatchesStatusAndText) {
  EXPECT_TRUE((Expired{{410}, {}}).matches(410, ""));
  EXPECT_FALSE((Expired{{410}, {}}).matches(400, ""));
  EXPECT_TRUE((Expired{{}, "INVALID_QUERY_LOCATOR"}).matches(400, R"([{"errorCode":"INVALID_QUERY_LOCATOR"}])"));
  EXPECT_FALSE((Expired{{422}, "ITERATOR"}).matches(422, "other"));
  EXPECT_FALSE((Expired{{}, "x"}).matches(200, "x"));
  EXPECT_FALSE(Expired{}.matches(410, ""));
}

}  // namespace
}  // namespace tandem::core
