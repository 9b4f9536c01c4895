// Rows that nobody has stored: records by column, as push_records takes them, read as if
// they were rows of the table. Their values become the columns' types as the current user,
// and come as the same texts that local rows have.
#pragma once

#include <string>
#include <vector>

#include "core/rows/rows.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/local_rows.hpp"

namespace tandem::store {

// Made once per run.
struct GivenRowPlan {
  std::size_t columns = 0;
  std::string read;
};
[[nodiscard]] GivenRowPlan make_given_row_plan(const pg::Table& table, const std::vector<std::string>& columns,
                                               bool record);

struct GivenRows {
  std::vector<std::optional<Texts>> rows;  // beside the records; nullopt: it has a fault
  std::vector<core::RowFault> faults;      // `record`: its position
};
// `records`: JSON objects; a column that one does not name is null.
[[nodiscard]] GivenRows read_given_rows(pg::Sql& sql, const GivenRowPlan& plan,
                                        const std::vector<std::string>& records);

}  // namespace tandem::store
