// Rows that follow their records. Columns that rows are found by (match_on) find a row the
// first time; from then on its contract knows which it is. When their values change at the
// source, the row gets the new ones, before it is written like any other and under the same
// savepoint: a record that cannot go in leaves its row where it was.
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

// What a batch of rows brings of it.
struct RowMoves {
  const MovePlan* plan = nullptr;
  std::vector<std::size_t> entry;  // per row of the batch; kNone: its row is where it was
  std::vector<base::Cell> keys;    // per entry 2 × plan->keys cells, old and new
  std::vector<bool> moved;         // per entry
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  void undone(std::span<const std::size_t> rows);  // by a savepoint
};
// Moves those of `rows` whose place is free, in the caller's savepoint.
void move_rows(pg::Sql& sql, RowMoves& moves, std::span<const std::size_t> rows);

}  // namespace tandem::store
