// A batch refused as a whole: few calls, every good record arrives, only bad ones are blamed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/push/bisect.hpp"
#include "core/push/idempotency.hpp"

namespace tandem::core {
namespace {

struct Search {
  std::set<std::size_t> arrived, blamed;
  std::size_t calls = 1;  // the first, that was refused
};

Search search(std::size_t n, const std::set<std::size_t>& bad) {
  std::vector<std::size_t> all(n);
  std::iota(all.begin(), all.end(), std::size_t{0});
  Search out;
  Bisect bisect(all);
  while (const auto group = bisect.next()) {
    ++out.calls;
    const bool refused = std::ranges::any_of(*group, [&](std::size_t i) { return bad.contains(i); });
    if (!refused) out.arrived.insert(group->begin(), group->end());
    bisect.answered(refused ? Bisect::Answer::refused : Bisect::Answer::accepted);
  }
  out.blamed = {bisect.culprits().begin(), bisect.culprits().end()};
  return out;
}

TEST(PushBisect, OnePoisonedRecordCostsLittle) {
  for (std::size_t n : {1u, 2u, 3u, 10u, 50u, 199u, 200u, 256u, 1000u}) {
    const auto most = static_cast<std::size_t>(std::floor(2 * std::log2(n) + 1));
    for (std::size_t bad = 0; bad < n; ++bad) {
      const Search found = search(n, {bad});
      ASSERT_LE(found.calls, most) << n << " records, bad: " << bad;
      ASSERT_EQ(found.blamed, std::set{bad});
      ASSERT_EQ(found.arrived.size(), n - 1);
      ASSERT_FALSE(found.arrived.contains(bad));
    }
  }
}

TEST(PushBisect, SeveralPoisonedRecordsAreAllFound) {
  unsigned seed = 7;
  for (int round = 0; round < 2000; ++round) {
    const std::size_t n = 1 + (seed = seed * 1664525 + 1013904223) % 64;
    std::set<std::size_t> bad{(seed >> 8) % n};
    for (std::size_t i = 0; i < n; ++i)
      if ((seed = seed * 1664525 + 1013904223) >> 28 == 0) bad.insert(i);
    const Search found = search(n, bad);
    ASSERT_EQ(found.blamed, bad);
    ASSERT_EQ(found.arrived.size(), n - bad.size());
    ASSERT_LE(found.calls, 2 * n + 1);
  }
}

TEST(PushBisect, AGroupThatIsToBeSentLaterProvesNothing) {
  Bisect bisect({1, 2, 3, 4});
  EXPECT_EQ(bisect.next(), (std::vector<std::size_t>{1, 2}));
  bisect.answered(Bisect::Answer::other);
  EXPECT_EQ(bisect.next(), (std::vector<std::size_t>{3, 4}));  // not known to be bad: sent as a whole
  bisect.answered(Bisect::Answer::accepted);
  EXPECT_FALSE(bisect.next());
  EXPECT_TRUE(bisect.culprits().empty());
}

TEST(PushIdempotency, IsStableOpaqueAndOfTheVersion) {
  const std::string key = idempotency_key("7b0e9a3c-0000-4000-8000-000000000001", R"({"id": "5"})", 3);
  EXPECT_EQ(key, idempotency_key("7b0e9a3c-0000-4000-8000-000000000001", R"({"id": "5"})", 3));
  EXPECT_EQ(key.size(), 39u);
  EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos);
  std::set<std::string> keys;
  for (int mapping = 0; mapping < 10; ++mapping)
    for (int row = 0; row < 100; ++row)
      for (int version = 0; version < 10; ++version)
        keys.insert(idempotency_key(std::to_string(mapping), std::to_string(row), version));
  EXPECT_EQ(keys.size(), 10'000u);
  EXPECT_NE(idempotency_key("a", "bc", 1), idempotency_key("ab", "c", 1));
  EXPECT_NE(idempotency_key("a", "b1", 2), idempotency_key("a", "b", 12));
}

TEST(PushIdempotency, NeverChangesBetweenReleases) {
  EXPECT_EQ(idempotency_key("u", "k", 1), "tandem-c160f5137ab7c68d360cf8a9de97537d");
}

}  // namespace
}  // namespace tandem::core
