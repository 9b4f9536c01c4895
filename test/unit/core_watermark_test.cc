#include "core/listing/watermark.hpp"

#include <gtest/gtest.h>

namespace tandem::core {
namespace {

using base::Kind;
using base::Value;

constexpr std::int64_t kDay = 86'400 * base::kSecond;

Watermark mark_of(CursorFormat format, std::string_view from = {}) {
  Watermark mark{CursorText(Cursor{.format = format})};
  if (!from.empty()) mark.see(from);
  return mark;
}

TEST(Watermark, IsTheGreatestInstantNotTheGreatestText) {
  Watermark mark = mark_of(CursorFormat::iso8601);
  mark.see({Kind::string, "2000-01-02T01:00:00+02:00"});  // 23:00 on the 1st
  mark.see({Kind::string, "2000-01-01T23:30:00Z"});
  EXPECT_EQ(mark.value(), "2000-01-01T23:30:00Z");
}

TEST(Watermark, NeverGoesBack) {
  Watermark mark = mark_of(CursorFormat::iso8601, "2000-01-05T00:00:00Z");
  mark.see({Kind::string, "2000-01-04T00:00:00Z"});
  EXPECT_EQ(mark.value(), "2000-01-05T00:00:00Z");
}

TEST(Watermark, StopsAtTheBeginningOfTheListingByTheSourcesClock) {
  Watermark mark = mark_of(CursorFormat::iso8601);
  mark.cap(base::Instant{5 * kDay});
  mark.cap(base::Instant{kDay});  // the earliest counts
  mark.cap(base::Instant{2 * kDay});
  mark.see({Kind::string, "2000-01-01T12:00:00Z"});
  EXPECT_EQ(mark.value(), "2000-01-01T12:00:00Z");
  mark.see({Kind::string, "2000-01-02T00:00:07Z"});
  EXPECT_EQ(mark.value(), "2000-01-02T00:00:00Z");
}

TEST(Watermark, EpochsAndNumbers) {
  Watermark seconds = mark_of(CursorFormat::epoch, "100");
  seconds.see({Kind::number, "99"});
  EXPECT_EQ(seconds.value(), "100");
  seconds.see({Kind::string, "1000"});
  EXPECT_EQ(seconds.value(), "1000");
  seconds.see({Kind::number, "4000000000"});
  seconds.cap(base::Instant{0});
  EXPECT_EQ(seconds.value(), "946684800");
  Watermark ids = mark_of(CursorFormat::integer);
  ids.cap(base::Instant{0});
  ids.see({Kind::number, "9007199254740993"});
  ids.see({Kind::number, "9007199254740992"});
  EXPECT_EQ(ids.value(), "9007199254740993");
}

TEST(Watermark, WhatCannotBeComparedIsIgnored) {
  Watermark mark = mark_of(CursorFormat::integer);
  mark.see({Kind::null, ""});
  mark.see({Kind::string, "soon"});
  mark.see({Kind::number, "1.5"});
  EXPECT_EQ(mark.value(), std::nullopt);
}

TEST(Watermark, Text) {
  Watermark mark = mark_of(CursorFormat::text, "b");
  mark.see({Kind::string, "a"});
  mark.see({Kind::string, "c"});
  mark.see({Kind::number, "d"});
  EXPECT_EQ(mark.value(), "c");
}

}  // namespace
}  // namespace tandem::core
