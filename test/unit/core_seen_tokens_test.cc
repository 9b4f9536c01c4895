#include "core/listing/seen_tokens.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tandem::core {
namespace {

// How many tokens are taken of a listing that, behind `before` of them, goes round in `loop` of them.
std::uint64_t taken(std::uint64_t before, std::uint64_t loop, std::uint64_t most) {
  SeenTokens seen;
  for (std::uint64_t i = 0; i < most; ++i)
    if (!seen.add(i < before ? i : before + (i - before) % loop)) return i;
  return most;
}

TEST(SeenTokens, AShortLoopIsFoundAtOnce) {
  EXPECT_EQ(1u, taken(0, 1, 1'000));
  EXPECT_EQ(7u, taken(5, 2, 1'000));
  EXPECT_EQ(16'000u, taken(0, 16'000, 100'000));
}

TEST(SeenTokens, ALoopOfAnyLengthIsFound) {
  for (const std::uint64_t loop : {2ull, 1'000ull, 16'384ull, 16'385ull, 100'000ull})
    for (const std::uint64_t before : {0ull, 16'380ull, 20'000ull, 300'000ull})
      EXPECT_LE(taken(before, loop, 10'000'000), 4 * (before + loop + SeenTokens::kMost)) << before << ' ' << loop;
}

TEST(SeenTokens, NothingIsFoundWhereNothingComesAgain) { EXPECT_EQ(1'000'000u, taken(1'000'000, 1, 1'000'000)); }

TEST(SeenTokens, AnotherListingBeginsAnew) {
  SeenTokens seen;
  EXPECT_TRUE(seen.add(1));
  EXPECT_FALSE(seen.add(1));
  seen.clear();
  EXPECT_TRUE(seen.add(1));
  EXPECT_TRUE(seen.add(0)) << "0 is a hash like any other";
  EXPECT_FALSE(seen.add(0));
}

}  // namespace
}  // namespace tandem::core
