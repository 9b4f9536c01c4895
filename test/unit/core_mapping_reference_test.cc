#include "core/mapping/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tandem::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

base::Json json(const char* text) { return base::Json::parse(text).value(); }

TEST(Reference, is_a_name_or_an_object) {
  Findings findings;
  EXPECT_EQ(read_reference(json(R"("accounts")"), "columns.a.reference", findings)->mapping, "accounts");
  const auto full = read_reference(json(R"({"mapping": "accounts", "key": "no", "missing": "null"})"),
                                   "columns.a.reference", findings);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->mapping, "accounts");
  EXPECT_EQ(full->key, "no");
  EXPECT_EQ(full->missing, Reference::Missing::null);
  EXPECT_THAT(findings, IsEmpty());
}

TEST(Reference, says_what_is_wrong) {
  const auto message_of = [](const char* text) {
    Findings findings;
    (void)read_reference(json(text), "columns.a.reference", findings);
    return findings.empty() ? "" : findings.front().path + ": " + findings.front().message;
  };
  EXPECT_THAT(message_of("{}"), testing::HasSubstr("mapping"));
  EXPECT_THAT(message_of("3"), testing::HasSubstr("columns.a.reference"));
  EXPECT_THAT(message_of(R"({"mapping": "a", "mising": "null"})"), testing::HasSubstr("mising"));
  EXPECT_THAT(message_of(R"({"mapping": "a", "missing": "ignore"})"), testing::HasSubstr("ignore"));
}

TEST(Reference, names_of_a_definition_each_once) {
  EXPECT_THAT(references_of(json(R"({"columns": {"a": {"column": "a", "reference": {"mapping": "x"}}, "b": "b",
                                                "c": {"column": "c", "reference": "y"},
                                                "d": {"column": "d", "reference": "x"}}})")),
              ElementsAre("x", "y"));
  EXPECT_THAT(references_of(json(R"({"columns": [{"field": "a", "column": "a", "reference": "x"}]})")),
              ElementsAre("x"));
  EXPECT_THAT(references_of(
                  json(R"({"columns": {"l[]": {"table": "t", "columns": {"p": {"column": "p", "reference": "x"}}}}})")),
              ElementsAre("x"))
      << "of a child table";
  EXPECT_THAT(references_of(json("{}")), IsEmpty());
}

TEST(Ranks, follow_the_references) {
  EXPECT_THAT(ranks({}), IsEmpty());
  EXPECT_THAT(ranks({{}, {0}, {1}}), ElementsAre(0, 1, 2));
  EXPECT_THAT(ranks({{1}, {2}, {}}), ElementsAre(2, 1, 0));
  EXPECT_THAT(ranks({{}, {}, {0, 1}, {2, 0}}), ElementsAre(0, 0, 1, 2));
}

TEST(Ranks, are_shared_by_those_that_refer_to_each_other) {
  EXPECT_THAT(ranks({{0}}), ElementsAre(0)) << "a reference to itself";
  EXPECT_THAT(ranks({{1}, {0}}), ElementsAre(0, 0));
  EXPECT_THAT(ranks({{1}, {2}, {0, 3}, {}, {0}}), ElementsAre(1, 1, 1, 0, 2));
}

TEST(Ranks, of_long_chains_need_no_deep_stack) {
  constexpr std::size_t kLength = 200'000;
  Graph chain(kLength);
  for (std::size_t i = 0; i + 1 < kLength; ++i) chain[i].push_back(i + 1);
  EXPECT_EQ(ranks(chain).front(), static_cast<int>(kLength) - 1);
}

// Against the definition, by closure: equal ranks within a cycle, greater ones over every other edge.
TEST(Ranks, of_random_graphs_hold_what_they_promise) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t n = 1 + random() % 8;
    Graph graph(n);
    std::vector<std::vector<bool>> reaches(n, std::vector<bool>(n));
    for (std::size_t edge = random() % (2 * n); edge > 0; --edge) {
      const std::size_t from = random() % n, to = random() % n;
      graph[from].push_back(to);
      reaches[from][to] = true;
    }
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) reaches[i][j] = reaches[i][j] || (reaches[i][k] && reaches[k][j]);
    const std::vector<int> rank = ranks(graph);
    for (std::size_t i = 0; i < n; ++i)
      for (const std::size_t j : graph[i]) {
        if (reaches[j][i])
          EXPECT_EQ(rank[i], rank[j]);
        else
          EXPECT_GT(rank[i], rank[j]);
      }
  }
}

}  // namespace
}  // namespace tandem::core
