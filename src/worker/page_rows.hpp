// What becomes of the records of one page: who they are, which of them are looked at, converted and
// written, which fail, which are gone. In the caller's transaction (page_apply), which then writes
// down what stands in the result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/contracts.hpp"
#include "store/faults.hpp"
#include "store/push_contracts.hpp"
#include "store/record_log.hpp"
#include "store/runs.hpp"
#include "worker/page_apply.hpp"
#include "worker/page_tombstones.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// What became of a page's records, before it is written down.
struct PageResult {
  store::Counters counters;
  std::vector<store::RecordFault> faults;
  std::vector<std::size_t> failed;  // records of the faults
  std::vector<core::Identity> applied, unchanged;
  std::vector<core::Identity> passed_over;  // by the mapping's conditions
  std::size_t tombstones = 0;               // records that say that they are gone
  Buried buried;
  std::vector<bool> same, there;     // by position in the page: remembered like that already; remembered
  std::vector<store::Extra> extras;  // of the applied ones, where their contracts have any
  std::vector<std::int64_t> seen;    // contracts that the page has shown
  std::vector<std::int64_t> keys;    // of records that leave none
  std::size_t kept_out = 0;
  std::vector<store::HistoryEntry> history;
  std::vector<store::AgreedBase> agreed;  // of a two-way mapping
  std::int64_t half_in =
      0;  // written, but not with all they refer to: they count as failed, too; what one record did twice
};

// Writes the page's rows into the table, children and deletions that records tell of themselves included.
[[nodiscard]] PageResult write_rows(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded);

// A page of the feed of deletions, which has no records to write.
[[nodiscard]] PageResult bury_deletions(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded);

}  // namespace tandem::worker
