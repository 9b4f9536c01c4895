// Rows that follow their records. Columns that rows are found by (match_on) find a row the
// first time; from then on its contract knows which it is. When their values change at the
// source, the row gets the new ones here, before it is written like any other. Those that
// the database does not let go are found by halving under savepoints and reported.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/row_deleter.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

// Made once per run.
struct MovePlan {
  std::vector<pg::StagedColumn> staged;  // o1, o2, …: the columns as they were; k1, k2, …: as they are now; n
  std::size_t keys = 0;
  std::string statement;  // gives n of those that moved; a place that is taken is left to who has it
  bool by_index = true;   // how that is planned
};
// `match_columns` are those of a unique index. `children`: whose rows, as far as they hold the old key, go; the writer
// brings them again.
[[nodiscard]] MovePlan make_move_plan(const pg::Table& table, const std::vector<std::string>& match_columns,
                                      std::span<const DeletedWith> children);

struct Moved {
  std::vector<std::size_t> rows;       // positions in the batch
  std::vector<core::RowFault> faults;  // `record` is the position in the batch
};
// `keys`: rows × 2 × plan.keys cells, old and new. Throws pg::Error for what is not one row's fault.
[[nodiscard]] Moved move_rows(pg::Sql& sql, const MovePlan& plan, std::span<const base::Cell> keys, std::size_t rows);

}  // namespace tandem::store
