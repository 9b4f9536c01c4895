// Entries of the outbox unfolded into changes of rows.
#include <gtest/gtest.h>

#include "core/push/captured.hpp"

namespace tandem::core {
namespace {

CaptureKey by_id() { return {.mapping_id = 7, .row = {{1, "id"}}}; }

CapturedEntry entry(std::int64_t seq, char op, std::string keys, std::string changed = {}, std::string old_keys = {}) {
  return {.seq = seq,
          .op = op,
          .txid = std::to_string(seq),
          .at = {seq * 1000},
          .key_columns = {1},
          .keys = std::move(keys),
          .old_keys = std::move(old_keys),
          .changed = std::move(changed)};
}

Unfolded unfolded(const std::vector<CapturedEntry>& entries, const CaptureKey& key = by_id()) {
  return unfold(entries, key).value();
}

TEST(Captured, ManyRowsOfOneEntry) {
  const Unfolded all = unfolded({entry(1, 'i', "{{1,2,\"a \\\"b\\\\\"}}")});
  ASSERT_EQ(all.rows.size(), 3u);
  EXPECT_EQ(all.rows[0].key, R"({"id":"1"})");
  EXPECT_EQ(all.rows[2].key, R"({"id":"a \"b\\"})");
  EXPECT_FALSE(all.rows[0].changed);
}

TEST(Captured, TheNewestStandsAndWhatChangedAddsUp) {
  const Unfolded all =
      unfolded({entry(1, 'u', "{{1}}", "\\x02"), entry(2, 'u', "{{2}}", "\\x02"), entry(3, 'u', "{{1}}", "\\x0001")});
  ASSERT_EQ(all.rows.size(), 2u);
  EXPECT_EQ(all.rows[0].seq, 1);
  EXPECT_EQ(all.rows[0].version, 3);
  EXPECT_EQ(all.rows[0].changed, (std::vector<int>{2, 9}));
  EXPECT_EQ(all.rows[0].captured_at.micros, 1000);
  EXPECT_EQ(all.rows[0].changed_at.micros, 3000);
}

TEST(Captured, AnUpdateOfWhatIsNewStaysAnInsert) {
  EXPECT_EQ(unfolded({entry(1, 'i', "{{1}}"), entry(2, 'u', "{{1}}", "\\x02")}).rows[0].op, 'i');
  EXPECT_EQ(unfolded({entry(1, 'i', "{{1}}"), entry(2, 'd', "{{1}}")}).rows[0].op, 'd');
  EXPECT_EQ(unfolded({entry(1, 'd', "{{1}}"), entry(2, 'i', "{{1}}")}).rows[0].op, 'i');
}

TEST(Captured, AnotherKeyIsADeleteAndAnUpsert) {
  const Unfolded all = unfolded({entry(1, 'u', "{{5,2}}", "\\x01", "{{1,2}}")});
  ASSERT_EQ(all.rows.size(), 3u);
  EXPECT_EQ(all.rows[0].key, R"({"id":"1"})");
  EXPECT_EQ(all.rows[0].op, 'd');
  EXPECT_EQ(all.rows[1].key, R"({"id":"5"})");
  EXPECT_EQ(all.rows[1].op, 'u');
  EXPECT_EQ(all.rows[2].key, R"({"id":"2"})");
}

TEST(Captured, ARowThatTheOtherSideKnowsByAnotherColumnOnlyMoves) {
  CaptureKey key = by_id();
  key.others = {{3, "remote_id"}};
  key.known_by = 1;
  CapturedEntry moved = entry(1, 'u', "{{5,6},{17,NULL}}", "\\x01", "{{1,2},{17,NULL}}");
  moved.key_columns = {1, 3};
  const Unfolded all = unfolded({moved}, key);
  ASSERT_EQ(all.rows.size(), 3u);  // the second had not been sent yet as far as is known
  EXPECT_EQ(all.rows[0].key, R"({"id":"5"})");
  EXPECT_EQ(all.rows[0].was, R"({"remote_id":"17"})");
  EXPECT_EQ(all.rows[1].key, R"({"id":"2"})");
  EXPECT_EQ(all.rows[1].op, 'd');
}

TEST(Captured, RowsOfOtherMappingsAreLeftOut) {
  CaptureKey key = by_id();
  key.only_where = {{2, "acme"}};
  CapturedEntry two = entry(1, 'i', "{{1,2},{acme,other}}");
  two.key_columns = {1, 2};
  EXPECT_EQ(unfolded({two}, key).rows.size(), 1u);
  CapturedEntry left = entry(2, 'u', "{{1},{other}}", "\\x02", "{{1},{acme}}");
  left.key_columns = {1, 2};
  const Unfolded gone = unfolded({left}, key);
  ASSERT_EQ(gone.rows.size(), 1u);
  EXPECT_EQ(gone.rows[0].op, 'd');
}

TEST(Captured, EchoesOfTheMappingItselfAreLeftOut) {
  CapturedEntry mine = entry(1, 'u', "{{1}}", "\\x02"), others = entry(2, 'u', "{{2}}", "\\x02");
  mine.origin = 7;
  others.origin = 8;
  const Unfolded all = unfolded({mine, others});
  ASSERT_EQ(all.rows.size(), 1u);
  EXPECT_EQ(all.rows[0].key, R"({"id":"2"})");
}

TEST(Captured, WhatCameBeforeATruncateIsGone) {
  CapturedEntry all_gone = entry(2, 't', "");
  const Unfolded all = unfolded({entry(1, 'i', "{{1}}"), all_gone, entry(3, 'i', "{{2}}")});
  ASSERT_TRUE(all.truncated);
  EXPECT_EQ(all.truncated->seq, 2);
  ASSERT_EQ(all.rows.size(), 1u);
  EXPECT_EQ(all.rows[0].key, R"({"id":"2"})");
}

TEST(Captured, AnEntryWithoutTheKeySaysSo) {
  CapturedEntry old = entry(1, 'i', "{{1}}");
  old.key_columns = {4};
  EXPECT_FALSE(unfold({old}, by_id()).ok());
}

TEST(Captured, TextMatrices) {
  const auto read = read_text_matrix(R"({{1,NULL,"NULL"},{"","a,b","{}"}})").value();
  ASSERT_EQ(read.size(), 2u);
  EXPECT_FALSE(read[0][1]);
  EXPECT_EQ(read[0][2], "NULL");
  EXPECT_EQ(read[1][0], "");
  EXPECT_EQ(read[1][2], "{}");
  for (const char* bad : {"", "{", "{1}", "{{1}", "{{\"a}}", "{{1}} ", "{{,}}"})
    EXPECT_FALSE(read_text_matrix(bad).ok()) << bad;
}

}  // namespace
}  // namespace tandem::core
