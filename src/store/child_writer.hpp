// The rows of child tables, written behind those that they belong to and in the same
// savepoint: a row that is refused refuses its parent, and is found the same way.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/rows/child_rows.hpp"
#include "pg/sql.hpp"
#include "store/child_plan.hpp"

namespace tandem::store {

// Beside a batch of rows: what goes into child tables with them.
struct ChildBatch {
  struct One {
    const ChildPlan* plan;
    const core::ChildCells* cells;
  };
  std::vector<One> tables;
  std::vector<std::size_t> records;  // of the batch's rows; ChildCells go by them
};

struct ChildrenWritten {
  std::vector<std::size_t> changed;   // rows of the batch, in order, something of whose children was written
  std::vector<std::size_t> kept_out;  // a trigger or a policy did not let all of them in, or go
};
// Of `rows`, positions in the batch, which are staged as kStagedPage and were written. `at` names the array that is
// being written, for errors. Throws pg::Error.
[[nodiscard]] ChildrenWritten write_children(pg::Sql& sql, const ChildBatch& batch, std::span<const std::size_t> rows,
                                             std::string& at);
// Rows whose children are not as the batch has them; nothing is written.
[[nodiscard]] std::vector<std::size_t> differing_children(pg::Sql& sql, const ChildBatch& batch, std::size_t table,
                                                          std::span<const std::size_t> rows);

}  // namespace tandem::store
