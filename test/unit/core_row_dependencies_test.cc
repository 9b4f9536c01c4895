// Who is refused because another row is, and who is written before whom.
#include "core/rows/row_dependencies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tandem::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::size_t> rows_of(const std::vector<RowDependencies::Refused>& refused) {
  std::vector<std::size_t> rows;
  for (const auto& one : refused) rows.push_back(one.row);
  return rows;
}

TEST(RowDependencies, who_needs_a_bad_row_is_refused_with_all_who_need_it) {
  const RowDependency edges[] = {{1, 0, 7}, {2, 1, 7}, {3, 2, 8}, {5, 4, 7}};
  const RowDependencies out = settle_dependencies({true, false, false, false, false, false}, edges);
  EXPECT_THAT(rows_of(out.refused), UnorderedElementsAre(1, 2, 3));
  EXPECT_EQ(out.refused.back().reason, 8U) << "the constraint that says so";
  EXPECT_THAT(out.in_turn, IsEmpty());
}

TEST(RowDependencies, a_ring_of_good_rows_stands) {
  const RowDependency edges[] = {{0, 1}, {1, 2}, {2, 0}, {3, 3}};
  EXPECT_THAT(settle_dependencies({false, false, false, false}, edges).refused, IsEmpty());
}

TEST(RowDependencies, a_ring_with_one_bad_row_falls) {
  const RowDependency edges[] = {{0, 1}, {1, 2}, {2, 0}};
  EXPECT_THAT(rows_of(settle_dependencies({false, false, true}, edges).refused), UnorderedElementsAre(0, 1));
}

TEST(RowDependencies, rows_that_hand_a_value_on_are_written_in_turn) {
  const RowDependency edges[] = {{0, 1, 0, true}, {1, 2, 0, true}, {4, 3, 0, false}};
  const RowDependencies out = settle_dependencies({false, false, false, false, false}, edges);
  EXPECT_THAT(out.in_turn, ElementsAre(2, 1, 0));
  EXPECT_THAT(out.rings, IsEmpty());
}

TEST(RowDependencies, a_swap_has_one_row_that_gives_way_first) {
  const RowDependency edges[] = {{0, 1, 3, true}, {1, 0, 3, true}};
  const RowDependencies out = settle_dependencies({false, false}, edges);
  EXPECT_THAT(out.in_turn, ElementsAre(1, 0)) << "row 0 gives way, 1 takes its value, 0 takes that of 1";
  EXPECT_THAT(rows_of(out.rings), ElementsAre(0));
  EXPECT_EQ(out.rings.front().reason, 3U);
}

TEST(RowDependencies, bad_rows_have_no_turn) {
  const RowDependency edges[] = {{0, 1, 0, true}, {2, 3, 0, true}};
  EXPECT_THAT(settle_dependencies({true, false, false, false}, edges).in_turn, ElementsAre(3, 2));
}

TEST(RowDependencies, a_chain_as_long_as_a_page) {
  constexpr std::size_t kRows = 100'000;
  std::vector<RowDependency> edges;
  for (std::size_t i = 0; i + 1 < kRows; ++i) edges.push_back({i, i + 1, 0, true});
  const RowDependencies good = settle_dependencies(std::vector<bool>(kRows), edges);
  EXPECT_EQ(good.in_turn.size(), kRows);
  EXPECT_EQ(good.in_turn.front(), kRows - 1);
  std::vector<bool> bad(kRows);
  bad[kRows - 1] = true;
  EXPECT_EQ(settle_dependencies(bad, edges).refused.size(), kRows - 1);
}

// Whatever the graph: everyone refused needs somebody bad; nobody good does; who has a turn comes after those it waits
// for, unless they are in a ring that somebody of it opens.
TEST(RowDependencies, random_graphs) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t rows = 1 + random() % 12;
    std::vector<bool> bad(rows);
    for (std::size_t i = 0; i < rows; ++i) bad[i] = random() % 6 == 0;
    std::vector<RowDependency> edges(random() % 15);
    for (RowDependency& edge : edges) edge = {random() % rows, random() % rows, 0, random() % 2 == 0};
    const RowDependencies out = settle_dependencies(bad, edges);
    std::vector<bool> refused = bad;
    for (const auto& one : out.refused) {
      EXPECT_FALSE(refused[one.row]) << "refused once";
      refused[one.row] = true;
    }
    for (const RowDependency& edge : edges) EXPECT_TRUE(refused[edge.row] || !refused[edge.needs]);
    std::set<std::size_t> parked, written;
    for (const auto& ring : out.rings) parked.insert(ring.row);
    for (const std::size_t row : out.in_turn) {
      EXPECT_FALSE(refused[row]);
      for (const RowDependency& edge : edges)
        EXPECT_TRUE(!edge.after || edge.row != row || edge.needs == row || written.contains(edge.needs) ||
                    parked.contains(edge.needs));
      EXPECT_TRUE(written.insert(row).second);
    }
  }
}

}  // namespace
}  // namespace tandem::core
