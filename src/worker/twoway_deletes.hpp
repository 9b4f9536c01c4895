// Both ways: records that are gone there, held against what was changed here. Rows that
// nobody has touched may go; of the others options.conflict_delete decides, and those that
// it leaves to a person stay as they are.
#pragma once

#include <vector>

#include "pg/sql.hpp"
#include "store/deletes.hpp"
#include "worker/pull_deletes.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// delete_contracts of a run. A row that is to be made anew there stays, and its change goes out as a new record; one in
// conflict stays, and so does its contract. Throws TableBusy when one of the rows is on its way out.
[[nodiscard]] Deleted delete_gone(pg::Sql& sql, PullPlan& plan, std::vector<store::Contract> gone);

}  // namespace tandem::worker
