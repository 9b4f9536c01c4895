// A page's rows beside those that the table has for them, both as texts of the same
// columns: what a merge of two sides looks at. The local rows are locked, so that what is
// decided about them still holds when it is written.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "pg/sql.hpp"
#include "store/local_rows.hpp"
#include "store/row_deleter.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

struct RowImages {
  std::optional<Texts> local;  // nullopt: there is no such row
  Texts remote;                // beside WritePlan::columns, both
  std::string key;             // of the local row: {"id": "5"}; empty: there is none
};
// One for each row of the cells (rows × staged columns but the last, as RowWriter takes them). `row_key`: the columns
// that the key is made of.
[[nodiscard]] std::vector<RowImages> read_images(pg::Sql& sql, const WritePlan& plan,
                                                 const std::vector<std::string>& row_key,
                                                 std::span<const base::Cell> cells, std::size_t rows);

// The rows of these keys (rows × plan.keys cells, see row_deleter.hpp) with these columns, locked; `remote` is left
// empty.
[[nodiscard]] std::vector<RowImages> read_rows(pg::Sql& sql, const DeletePlan& plan, const WritePlan& write,
                                               const std::vector<std::string>& row_key,
                                               std::span<const base::Cell> keys, std::size_t rows);

// Whether triggers may make other values of what is written into the table, or its partitions.
[[nodiscard]] bool alters_rows(pg::Sql& sql, pg::Oid table);

}  // namespace tandem::store
