// A page of the feed of deletions: judged against what the listing of the run has shown,
// and buried the way records that say of themselves that they are gone are, under the same
// brake. What it decided is kept with the page, for feeds show entries again.
#pragma once

#include <optional>
#include <vector>

#include "core/run/run_failure.hpp"
#include "pg/sql.hpp"
#include "store/faults.hpp"
#include "store/runs.hpp"
#include "worker/page_apply.hpp"
#include "worker/page_tombstones.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// How entries are read; made with the plan of a run that asks the feed.
[[nodiscard]] FeedReader make_feed_reader(const core::Reading& reading, const core::Target& target);

// Reads the page; nullopt: it is read.
[[nodiscard]] std::optional<core::RunFailure> read_deletions(PullPlan& plan, LoadedPage& loaded);

struct BuriedPage {
  Buried buried;
  std::vector<core::RowFault> faults;  // entries that name no record
  store::Counters counters;
};
// In the page's transaction. The run's counts are left as they are until that is committed.
[[nodiscard]] BuriedPage bury_page(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded);

}  // namespace tandem::worker
