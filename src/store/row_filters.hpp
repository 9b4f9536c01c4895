// Which rows of a page the table's constraints would refuse, asked by one statement per
// constraint over the staged page instead of by trial: CHECKs, foreign keys, unique
// values. Rows of the page may depend on each other: a child on its parent, a row that
// takes over a unique value on the one that gives it up.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/value.hpp"
#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/constraints.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

// Cells of a batch, staged row by row: the positions in `rows`, numbered by them.
struct Batch {
  std::span<const base::Cell> cells;
  std::size_t width = 0;
};
void stage_rows(pg::StagedPage& page, const Batch& batch, std::span<const std::size_t> rows);

// Per row of a batch: whether it refers to a row that another table does not have. Only the columns of foreign keys are
// looked at.
[[nodiscard]] std::vector<bool> lack_parents(pg::Sql& sql, const WritePlan& plan, const Batch& batch, std::size_t rows);

struct GivesWay {
  std::size_t row = 0;
  std::string statement;  // over a page of the rows of one such statement: takes their value away
};

struct Filtered {
  std::vector<std::size_t> good;       // in the order in which they must be written
  std::vector<core::RowFault> faults;  // `record` is the position in the batch
  std::vector<GivesWay> give_way;      // rows that swap unique values: to be run before the others are written
  bool once_more = false;              // rows were refused in favour of one that was refused then
};

// Statements that fail are as if they had not been asked. `first_load`: nothing of the page is in the table.
[[nodiscard]] Filtered filter_rows(pg::Sql& sql, const WritePlan& plan, const Batch& batch,
                                   std::span<const std::size_t> rows, bool first_load);

}  // namespace tandem::store
