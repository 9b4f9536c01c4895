// What comes of comparing the rows of a query with what was sent last: which keys will not do, what the brake lets go.
#include <gtest/gtest.h>

#include "core/codes.hpp"
#include "core/push/comparison.hpp"

namespace tandem::core {
namespace {

const DeleteBrake kBrake{.percent = 10, .rows = 10};

Comparison found(std::int64_t rows, std::int64_t live, std::int64_t removed) {
  Comparison out;
  out.rows = rows;
  out.live = live;
  out.removed = removed;
  return out;
}

TEST(Comparison, FewThatAreGoneGo) {
  EXPECT_EQ(judge(found(5, 15, 10), kBrake, std::nullopt).removes, 10) << "no more than ten rows";
  EXPECT_EQ(judge(found(900, 1000, 100), kBrake, std::nullopt).removes, 100) << "no more than ten percent";
  EXPECT_FALSE(judge(found(5, 15, 10), kBrake, std::nullopt).refused);
}

TEST(Comparison, ManyWaitForAPerson) {
  EXPECT_EQ(judge(found(9, 20, 11), kBrake, std::nullopt).removes, 0);
  EXPECT_EQ(judge(found(9, 20, 11), kBrake, 11).removes, 11);
  EXPECT_EQ(judge(found(8, 20, 12), kBrake, 11).removes, 11) << "no more than was approved";
  EXPECT_EQ(judge(found(18, 20, 2), kBrake, 11).removes, 2);
  EXPECT_EQ(judge(found(18, 20, 2), kBrake, 0).removes, 0);
}

TEST(Comparison, AnEmptyQueryTakesNothingAway) {
  EXPECT_EQ(judge(found(0, 3, 3), kBrake, std::nullopt).removes, 0);
  EXPECT_EQ(judge(found(0, 3, 3), kBrake, 3).removes, 3);
  EXPECT_EQ(judge(found(0, 0, 0), kBrake, std::nullopt).removes, 0);
}

TEST(Comparison, RowsThatCannotBeToldApartAreRefused) {
  Comparison keyless = found(3, 0, 0);
  keyless.keyless = 1;
  const ComparisonVerdict without = judge(keyless, kBrake, std::nullopt);
  ASSERT_TRUE(without.refused);
  EXPECT_EQ(without.refused->code, code::kSourceKeys);
  EXPECT_EQ(without.refused->message, "source_query gives 1 row with null in source_key: nothing was sent");
  Comparison repeated = found(3, 20, 15);
  repeated.repeated = 2;
  repeated.example = R"({"id": "5"})";
  const ComparisonVerdict twice = judge(repeated, kBrake, 15);
  ASSERT_TRUE(twice.refused);
  EXPECT_EQ(twice.refused->message,
            R"(source_query gives several rows for 2 keys of source_key, as for {"id": "5"}: nothing was sent)");
  EXPECT_EQ(twice.removes, 0);
}

}  // namespace
}  // namespace tandem::core
