// Rows that follow their records: where rows are found by other columns than those of the
// record's key (match_on), the contract knows which row a record has. When these columns
// change at the source, the row gets their new values before the page is written.
#pragma once

#include <cstdint>
#include <vector>

#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

struct PageMoves {
  std::vector<bool> moved;      // by position in the page
  std::int64_t left_empty = 0;  // rows that went, for their records have found others
};

// Rows that cannot follow become faults, and their records are not written. A row that is another record's, too, stays;
// where the new values are another row's already, the record has that one from now on, and its own is what a deleted
// record's is.
[[nodiscard]] PageMoves move_rows(pg::Sql& sql, const PullPlan& plan, LoadedPage& loaded,
                                  core::RowBuilder::Converted& rows);

}  // namespace tandem::worker
