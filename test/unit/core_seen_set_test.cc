// What a listing has shown: bytes there and back, and the complement against a plain set.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/rows/seen_set.hpp"

namespace tandem::core {
namespace {

SeenSet seen(std::vector<std::int64_t> ordinals) {
  SeenSet set;
  EXPECT_TRUE(set.add(SeenSet::encode(std::move(ordinals))));
  return set;
}

TEST(SeenSet, WhatWasNotSeenIsRanges) {
  EXPECT_EQ(SeenSet().unseen(0), "{}");
  EXPECT_EQ(SeenSet().unseen(5), "{[1,6)}");
  EXPECT_EQ(seen({1, 2, 3, 4, 5}).unseen(5), "{}");
  EXPECT_EQ(seen({2, 3, 7}).unseen(9), "{[1,2),[4,7),[8,10)}");
  EXPECT_EQ(seen({7, 3, 2, 3}).unseen(7), "{[1,2),[4,7)}") << "any order, and twice is once";
  EXPECT_EQ(seen({5, 100}).unseen(7), "{[1,5),[6,8)}") << "what was made later is nobody's business";
}

TEST(SeenSet, ALongRangeIsAFewBytes) {
  std::vector<std::int64_t> page;
  for (std::int64_t i = 5'000'001; i <= 5'010'000; ++i) page.push_back(i);
  EXPECT_LE(SeenSet::encode(page).size(), 8u);
  EXPECT_EQ(SeenSet::encode({}), "");
  EXPECT_EQ(seen(page).unseen(5'010'001), "{[1,5000001),[5010001,5010002)}");
}

TEST(SeenSet, BytesOfSomebodyElseAreRefused) {
  SeenSet set;
  EXPECT_FALSE(set.add("\x05")) << "half a range";
  EXPECT_FALSE(set.add("\xff\xff")) << "a number without an end";
  EXPECT_FALSE(set.add(std::string(12, '\xff') + "\x01\x01")) << "beyond 63 bits";
  EXPECT_FALSE(set.add(std::string("\x01\xff\xff\xff\xff\xff\xff\xff\x7f", 9))) << "a range that would fill the memory";
}

TEST(SeenSet, BehavesLikeASet) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::int64_t limit = 1 + static_cast<std::int64_t>(random() % (round % 3 == 0 ? 300'000 : 300));
    SeenSet set;
    std::set<std::int64_t> plain;
    for (std::uint64_t pages = random() % 5; pages > 0; --pages) {
      std::vector<std::int64_t> page;
      for (std::uint64_t i = random() % 200; i > 0; --i) {
        std::int64_t first = 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit + 50));
        for (std::uint64_t length = 1 + random() % 70; length > 0; --length) page.push_back(first++);
      }
      plain.insert(page.begin(), page.end());
      ASSERT_TRUE(set.add(SeenSet::encode(page)));
    }
    std::string expected;
    for (std::int64_t i = 1, from = 0; i <= limit + 1; ++i) {
      ASSERT_EQ(set.contains(i), plain.contains(i));
      const bool unseen = i <= limit && !plain.contains(i);
      if (unseen && from == 0) from = i;
      if (unseen || from == 0) continue;
      expected += (expected.empty() ? "[" : ",[") + std::to_string(from) + "," + std::to_string(i) + ")";
      from = 0;
    }
    ASSERT_EQ(set.unseen(limit), "{" + expected + "}");
  }
}

}  // namespace
}  // namespace tandem::core
