// What a run of a mapping would do, in words and indented lines: the requests, the values,
// the statements with their plans, the locks, and what follows. Behind explain_mapping.
#pragma once

#include <string>
#include <vector>

#include "pg/sql.hpp"
#include "worker/preview.hpp"

namespace tandem::worker {

using Lines = std::vector<std::string>;

// Touches no network and no row.
[[nodiscard]] Lines explain_plan(pg::Sql& sql, const PullPlan& plan, const std::string& owner);
// What was measured of the pages that came, written and undone.
[[nodiscard]] Lines explain_execution(pg::Sql& sql, PullPlan& plan, const FetchedPages& fetched);

}  // namespace tandem::worker
