// What a push would look at, for a preview: its items that wait, what was captured and nobody
// has fetched yet, and the first rows of its table. Only looked at: nothing is locked or
// taken away, so that no worker passes it over meanwhile.
#pragma once

#include <cstddef>
#include <vector>

#include "pg/sql.hpp"
#include "store/outbox_items.hpp"
#include "worker/push_plan.hpp"

namespace tandem::worker {

// At most `limit`, one for each row, numbered by their places. `rows`: of the table as well, behind what waits.
[[nodiscard]] std::vector<store::OutboxItem> waiting_changes(pg::Sql& sql, const PushPlan& plan, std::size_t limit,
                                                             bool rows);

}  // namespace tandem::worker
