// The order of rows by their keys.
#include "core/rows/row_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::core {
namespace {

using base::Cell;
using testing::ElementsAre;

Cell text(std::string_view value) {
  Cell cell;
  cell.form = Cell::Form::text;
  cell.text = value;
  return cell;
}

Cell integer(std::int64_t value) {
  Cell cell;
  cell.form = Cell::Form::integer;
  cell.integer = value;
  return cell;
}

TEST(RowOrder, text_by_bytes_also_beyond_the_first_eight) {
  const std::vector<Cell> cells{text("b"), text("aaaaaaaa2"), text("aaaaaaaa1"),
                                text(""),  text("\xC3\xA9"),  text("aaaaaaaa")};
  EXPECT_THAT(order_by_key(cells, 1, 6, std::vector<std::size_t>{0}), ElementsAre(3, 5, 2, 1, 0, 4));
}

TEST(RowOrder, numbers_by_value) {
  const std::vector<Cell> cells{integer(5), integer(-7), integer(0), integer(INT64_MIN), integer(INT64_MAX)};
  EXPECT_THAT(order_by_key(cells, 1, 5, std::vector<std::size_t>{0}), ElementsAre(3, 1, 2, 0, 4));
}

TEST(RowOrder, several_columns_and_what_is_equal_as_it_came) {
  const std::vector<Cell> cells{text("x"), integer(2), text("y"), integer(1),
                                text("z"), integer(2), text("w"), integer(1)};
  EXPECT_THAT(order_by_key(cells, 2, 4, std::vector<std::size_t>{1}), ElementsAre(1, 3, 0, 2));
  EXPECT_THAT(order_by_key(cells, 2, 4, std::vector<std::size_t>{1, 0}), ElementsAre(3, 1, 0, 2));
  EXPECT_THAT(order_by_key(cells, 2, 4, std::vector<std::size_t>{}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(order_by_key({}, 2, 0, std::vector<std::size_t>{0}), ElementsAre());
}

}  // namespace
}  // namespace tandem::core
