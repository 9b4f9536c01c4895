// Three-way merges: every case of one column, and properties of whole rows under every policy.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "core/push/merge.hpp"

namespace tandem::core {
namespace {

using Text = std::optional<std::string>;
using Policy = ConflictPolicy;
constexpr Policy kPolicies[] = {Policy::local_wins, Policy::remote_wins, Policy::latest_wins, Policy::merge,
                                Policy::manual};

MergeTake one(std::optional<std::string_view> base, std::optional<std::string_view> local,
              std::optional<std::string_view> remote, Policy policy, bool has_base = true) {
  const MergeColumn column{.base = base, .local = local, .remote = remote};
  return merge_row({.columns = std::span(&column, 1), .has_base = has_base, .policy = policy}).columns.at(0);
}

TEST(PushMerge, OneColumn) {
  for (const Policy policy : kPolicies) {
    EXPECT_EQ(one("a", "a", "a", policy), MergeTake::equal);
    EXPECT_EQ(one("a", "b", "b", policy), MergeTake::equal);  // both made the same of it
    EXPECT_EQ(one("a", std::nullopt, std::nullopt, policy), MergeTake::equal);
    EXPECT_EQ(one("a", "b", "a", policy), MergeTake::local);
    EXPECT_EQ(one("a", "a", "b", policy), MergeTake::remote);
    EXPECT_EQ(one("a", std::nullopt, "a", policy), MergeTake::local);  // cleared
    EXPECT_EQ(one("a", "", "a", policy), MergeTake::local);            // an empty text is no null
    EXPECT_EQ(one(std::nullopt, "", std::nullopt, policy), MergeTake::local);
    EXPECT_EQ(one(std::nullopt, "x", "x", policy, false), MergeTake::equal);
  }
  EXPECT_EQ(one("a", "b", "c", Policy::local_wins), MergeTake::local);
  EXPECT_EQ(one("a", "b", "c", Policy::remote_wins), MergeTake::remote);
  EXPECT_EQ(one("a", "b", "c", Policy::merge), MergeTake::conflict);
  EXPECT_EQ(one("a", "b", "c", Policy::manual), MergeTake::conflict);
  EXPECT_EQ(one("a", "b", "c", Policy::latest_wins), MergeTake::remote);  // without times
  EXPECT_EQ(one(std::nullopt, "b", "c", Policy::local_wins, false), MergeTake::local);
}

TEST(PushMerge, TheLaterRowWins) {
  const MergeColumn column{.base = "a", .local = "b", .remote = "c"};
  const auto take = [&](std::int64_t local, std::int64_t remote) {
    return merge_row({.columns = std::span(&column, 1),
                      .policy = Policy::latest_wins,
                      .local_at = base::Instant{local},
                      .remote_at = base::Instant{remote}})
        .columns[0];
  };
  EXPECT_EQ(take(2, 1), MergeTake::local);
  EXPECT_EQ(take(1, 2), MergeTake::remote);
  EXPECT_EQ(take(1, 1), MergeTake::remote);
}

TEST(PushMerge, AFieldMayHaveAPolicyOfItsOwn) {
  const MergeColumn columns[] = {{.base = "a", .local = "b", .remote = "c", .policy = Policy::local_wins},
                                 {.base = "a", .local = "b", .remote = "c"}};
  const Merged merged = merge_row({.columns = columns, .policy = Policy::remote_wins});
  EXPECT_EQ(merged.columns, (std::vector{MergeTake::local, MergeTake::remote}));
  EXPECT_EQ(merged.verdict, MergeVerdict::both);
  EXPECT_TRUE(merged.overruled);
}

TEST(PushMerge, ChangesOfDifferentColumnsMeetOnlyUnderManual) {
  const MergeColumn columns[] = {{.base = "a", .local = "b", .remote = "a"},
                                 {.base = "a", .local = "a", .remote = "c"},
                                 {.base = "a", .local = "a", .remote = "a"}};
  for (const Policy policy : kPolicies) {
    const Merged merged = merge_row({.columns = columns, .policy = policy});
    EXPECT_EQ(merged.verdict, policy == Policy::manual ? MergeVerdict::conflict : MergeVerdict::both);
    EXPECT_FALSE(merged.overruled);
    EXPECT_EQ(merged.columns[2], MergeTake::equal);
  }
}

// A local row, a remote record, and what both last agreed on.
struct Sides {
  std::vector<Text> base, local, remote;
};

std::vector<MergeColumn> columns_of(const Sides& sides) {
  std::vector<MergeColumn> out;
  for (std::size_t i = 0; i < sides.base.size(); ++i)
    out.push_back({.base = sides.base[i], .local = sides.local[i], .remote = sides.remote[i]});
  return out;
}

Sides random_sides(std::mt19937& random) {
  Sides out;
  const auto value = [&]() -> Text {
    const auto pick = random() % 5;
    return pick == 0 ? Text() : Text(std::string(1, static_cast<char>('a' + pick)));
  };
  for (std::size_t i = 0, n = 1 + random() % 4; i < n; ++i) {
    const Text base = value();
    out.base.push_back(base);
    out.local.push_back(random() % 2 == 0 ? base : value());
    out.remote.push_back(random() % 2 == 0 ? base : value());
  }
  return out;
}

MergeTake mirrored(MergeTake take) {
  return take == MergeTake::local ? MergeTake::remote : take == MergeTake::remote ? MergeTake::local : take;
}

TEST(PushMerge, SidesAreSymmetric) {
  std::mt19937 random(1);
  for (int round = 0; round < 3'000; ++round) {
    const Sides sides = random_sides(random);
    const Sides swapped{sides.base, sides.remote, sides.local};
    const auto columns = columns_of(sides), other = columns_of(swapped);
    const base::Instant one{5}, two{round % 2 == 0 ? 4 : 6};
    for (const Policy policy : kPolicies) {
      const Policy mirror = policy == Policy::local_wins    ? Policy::remote_wins
                            : policy == Policy::remote_wins ? Policy::local_wins
                                                            : policy;
      const Merged here = merge_row({.columns = columns, .policy = policy, .local_at = one, .remote_at = two});
      const Merged there = merge_row({.columns = other, .policy = mirror, .local_at = two, .remote_at = one});
      for (std::size_t i = 0; i < columns.size(); ++i) ASSERT_EQ(here.columns[i], mirrored(there.columns[i]));
    }
  }
}

// What an exchange writes on each side; `normal` is what the remote side makes of a value that it is sent.
template <class Normal>
bool exchange(Sides& sides, Policy policy, Normal normal) {
  const auto columns = columns_of(sides);
  const Merged merged =
      merge_row({.columns = columns, .policy = policy, .local_at = base::Instant{2}, .remote_at = base::Instant{1}});
  if (merged.verdict == MergeVerdict::conflict) return false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (merged.columns[i] == MergeTake::local) {
      sides.remote[i] = normal(sides.local[i]);
      sides.base[i] = sides.local[i];
      if (sides.remote[i] != sides.local[i]) sides.local[i] = sides.base[i] = sides.remote[i];  // what came back
    } else if (merged.columns[i] == MergeTake::remote) {
      sides.local[i] = sides.base[i] = sides.remote[i];
    } else {
      sides.base[i] = sides.local[i];
    }
  }
  return true;
}

TEST(PushMerge, BothSidesAgreeAfterTwoExchangesAndStay) {
  std::mt19937 random(2);
  const auto as_is = [](Text value) { return value; };
  const auto upper = [](Text value) {
    if (value)
      std::ranges::transform(*value, value->begin(), [](char c) { return static_cast<char>(c >= 'a' ? c - 32 : c); });
    return value;
  };
  for (int round = 0; round < 3'000; ++round) {
    const Sides begin = random_sides(random);
    for (const Policy policy : kPolicies) {
      for (const bool normalises : {false, true}) {
        Sides sides = begin;
        const bool done = normalises ? exchange(sides, policy, upper) : exchange(sides, policy, as_is);
        if (!done) continue;
        if (normalises) (void)exchange(sides, policy, upper);
        ASSERT_EQ(sides.local, sides.remote);
        const auto columns = columns_of(sides);
        const Merged again = merge_row({.columns = columns, .policy = policy});
        ASSERT_EQ(again.verdict, MergeVerdict::equal);  // nothing is left to be done
      }
    }
  }
}

TEST(PushMerge, NothingIsLostThatNoPolicyChose) {
  std::mt19937 random(3);
  for (int round = 0; round < 3'000; ++round) {
    const Sides sides = random_sides(random);
    const auto columns = columns_of(sides);
    for (const Policy policy : kPolicies) {
      const Merged merged = merge_row({.columns = columns, .policy = policy});
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const bool local = sides.local[i] != sides.base[i], remote = sides.remote[i] != sides.base[i];
        if (local && !remote) {
          ASSERT_NE(merged.columns[i], MergeTake::remote);
        }
        if (remote && !local) {
          ASSERT_NE(merged.columns[i], MergeTake::local);
        }
        if (policy == Policy::merge && local && remote && sides.local[i] != sides.remote[i]) {
          ASSERT_EQ(merged.columns[i], MergeTake::conflict);
        }
      }
    }
  }
}

TEST(PushMerge, ADeletionMeetsAnEdit) {
  using V = DeleteVerdict;
  const DeleteAgainstEdit here{.deleted_locally = true}, there{.deleted_locally = false};
  EXPECT_EQ(merge_delete(here, Policy::local_wins), V::remove);
  EXPECT_EQ(merge_delete(there, Policy::local_wins), V::restore);
  EXPECT_EQ(merge_delete(here, Policy::remote_wins), V::restore);
  EXPECT_EQ(merge_delete(there, Policy::remote_wins), V::remove);
  EXPECT_EQ(merge_delete(here, Policy::manual), V::conflict);
  EXPECT_EQ(merge_delete(here, Policy::merge), V::conflict);
  EXPECT_EQ(merge_delete(here, Policy::latest_wins), V::restore);
  EXPECT_EQ(merge_delete({.deleted_at = base::Instant{2}, .edited_at = base::Instant{1}}, Policy::latest_wins),
            V::remove);
  EXPECT_EQ(merge_delete({.deleted_at = base::Instant{2}, .edited_at = base::Instant{2}}, Policy::latest_wins),
            V::restore);
}

TEST(PushMerge, TheBrakeCatchesWhatGoesToAndFro) {
  std::vector<base::Instant> flips;
  const PingPongLimit limit{.flips = 3, .within = 60 * base::kSecond};
  const auto turn = [&](std::int64_t second) {
    return turns_too_often(flips, base::Instant{second * base::kSecond}, limit);
  };
  EXPECT_FALSE(turn(0));
  EXPECT_FALSE(turn(10));
  EXPECT_FALSE(turn(20));
  EXPECT_TRUE(turn(30));
  EXPECT_FALSE(turn(200));  // people edit now and then
  EXPECT_EQ(flips.size(), 1u);
}

}  // namespace
}  // namespace tandem::core
