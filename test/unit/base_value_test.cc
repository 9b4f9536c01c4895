#include "base/value.hpp"

#include <gtest/gtest.h>

#include <ctime>

#include "base/clock.hpp"

namespace tandem::base {
namespace {

TEST(TextArena, NeverMovesWhatItGaveOut) {
  TextArena arena;
  std::vector<std::pair<std::string, std::string_view>> kept;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::string text(i % 700, static_cast<char>('a' + i % 26));
    kept.emplace_back(text, arena.keep(text));
  }
  for (const auto& [text, view] : kept) ASSERT_EQ(view, text);
}

TEST(TextArena, TakesTextLargerThanABlock) {
  TextArena arena;
  const std::string_view small = arena.keep("small");
  const std::string large(1'000'000, 'L');
  const std::string_view view = arena.keep(large);
  const std::string_view after = arena.keep("after");
  EXPECT_EQ(small, "small");
  EXPECT_EQ(view, large);
  EXPECT_EQ(after, "after");
}

TEST(TextArena, KeepsOnlyWhatWasCommitted) {
  TextArena arena;
  char* const room = arena.reserve(100);
  room[0] = 'a';
  EXPECT_EQ(arena.commit(1), "a");
  EXPECT_EQ(arena.reserve(10), room + 1);
  EXPECT_EQ(arena.commit(0), "");
}

TEST(TextArena, IsUsableAfterClear) {
  TextArena arena;
  arena.clear();
  EXPECT_EQ(arena.keep("first"), "first");
  arena.clear();
  EXPECT_EQ(arena.keep(std::string(200'000, 'x')).size(), 200'000u);
  arena.clear();
  EXPECT_EQ(arena.keep("last"), "last");
  EXPECT_EQ(arena.keep(""), "");
}

TEST(Clock, CountsFromTheYear2000) {
  const Instant before{(std::time(nullptr) - 1 - kUnixEpochOffsetSeconds) * kSecond};
  EXPECT_GT(now(), before);
  EXPECT_LT(now(), (Instant{before.micros + 3600 * kSecond}));
}

TEST(Clock, MonotonicNeverGoesBack) {
  const Micros first = monotonic();
  EXPECT_GE(monotonic(), first);
}

}  // namespace
}  // namespace tandem::base
