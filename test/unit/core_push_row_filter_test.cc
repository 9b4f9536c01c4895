// Conditions over local rows: their columns are what they would be sent as.
#include <gtest/gtest.h>

#include "core/push/row_filter.hpp"
#include "core_mapping_fixture.hpp"

namespace tandem::core {
namespace {

std::optional<RowFilter> filter(const std::string& rule) {
  return RowFilter::make(
      parse(R"({"object": "contacts", "direction": "push", "columns": {"a": "age"}, "conditions": )" + rule + "}")
          .mapping,
      contacts());
}

// One row: p passes, s does not, f cannot be judged.
char verdict(const std::string& rule, const std::vector<std::pair<std::string, LocalText>>& row) {
  auto made = filter(rule);
  std::vector<LocalText> texts;
  for (const std::string& name : made->columns()) {
    const auto found = std::ranges::find(row, name, [](const auto& pair) { return pair.first; });
    texts.push_back(found == row.end() ? LocalText() : found->second);
  }
  const RowFilter::Judged judged = made->test(texts, 1);
  EXPECT_EQ(judged.faults.size(), judged.rows[0] == RowFilter::Verdict::fault ? 1u : 0u);
  return judged.rows[0] == RowFilter::Verdict::pass ? 'p' : judged.rows[0] == RowFilter::Verdict::skip ? 's' : 'f';
}

TEST(RowFilter, AsksForTheColumnsOfItsRule) {
  EXPECT_FALSE(filter("{}"));
  EXPECT_EQ(filter(R"({"==": [{"var": "age"}, {"var": "raw.kind"}]})")->columns(),
            (std::vector<std::string>{"age", "raw"}));
  EXPECT_EQ(filter(R"({"missing": ["age"]})")->columns().size(), contacts().columns.size());
  EXPECT_EQ(filter(R"({"var": ""})")->columns().size(), contacts().columns.size());
}

TEST(RowFilter, JudgesColumnsAsTheirTypes) {
  EXPECT_EQ(verdict(R"({">": [{"var": "age"}, 9]})", {{"age", "10"}}), 'p') << "numbers, not texts";
  EXPECT_EQ(verdict(R"({"===": [{"var": "age"}, 10]})", {{"age", "10"}}), 'p');
  EXPECT_EQ(verdict(R"({"===": [{"var": "email"}, 10]})", {{"email", "10"}}), 's');
  EXPECT_EQ(verdict(R"({"==": [{"var": "email"}, null]})", {{"email", std::nullopt}}), 'p');
  EXPECT_EQ(verdict(R"({"==": [{"var": "id"}, 9007199254740993]})", {{"id", "9007199254740992"}}), 's');
  EXPECT_EQ(verdict(R"({"<": [{"var": "born"}, "2000"]})", {{"born", "1999-12-31"}}), 'p');
  EXPECT_EQ(verdict(R"({"==": [{"var": "born"}, "infinity"]})", {{"born", "infinity"}}), 'p') << "as it is written";
  EXPECT_EQ(verdict(R"({"in": ["x", {"var": "raw.tags"}]})", {{"raw", R"({"tags": ["x"]})"}}), 'p');
  EXPECT_EQ(verdict(R"({"==": [{"var": "email"}, "a\"b"]})", {{"email", "a\"b"}}), 'p');
  EXPECT_EQ(verdict(R"({"missing": ["age"]})", {{"age", std::nullopt}}), 'p');
}

TEST(RowFilter, JudgesManyRowsAtOnce) {
  auto made = filter(R"({">": [{"var": "age"}, 17]})");
  const std::vector<LocalText> texts{"17", "18", std::nullopt};
  const auto judged = made->test(texts, 3);
  using enum RowFilter::Verdict;
  EXPECT_EQ(judged.rows, (std::vector<RowFilter::Verdict>{skip, pass, skip}));
  EXPECT_TRUE(made->test({}, 0).rows.empty());
}

}  // namespace
}  // namespace tandem::core
