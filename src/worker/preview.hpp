// Real pages of the real API, written to the real table, and undone: behind
// preview_mapping and explain_mapping(…, "execute" => true). Everything happens in the
// caller's session and with the caller's rights: first the network, in the foreground,
// then the table, in a subtransaction that is always rolled back. Nothing is accounted,
// remembered or swept: no run, no contract, no sync error.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/run/run.hpp"
#include "pg/sql.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_job.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// What a run of the mapping would do; made and undone. `full`: everything from the beginning, else as the next run
// would begin. Throws what make_pull_plan throws; a table that is locked is Errc::object_in_use.
[[nodiscard]] PullPlan plan_in_foreground(pg::Sql& sql, std::int64_t mapping_id, pg::Oid owner, bool full);

struct FetchedPages {
  std::vector<std::unique_ptr<LoadedPage>> pages;
  base::Micros fetch_micros = 0, read_micros = 0;
  std::optional<core::RunFailure> failure;  // why there are no more, where that was not the end or enough
};
// Pages until `records` that the mapping is about have been seen, the listing ends, or time is up
// (tandem.foreground_timeout).
[[nodiscard]] FetchedPages fetch_pages(PullJob& job, std::size_t records);

struct PreviewedRecord {
  const char* action;  // insert, update, delete, unchanged, skip, error; of a push see preview_push.hpp
  std::string origin_id, local_key, record;
  std::string request = {};  // of a push: what would be sent, as JSON
  std::optional<std::string> error_type, error_message;
};
// One record at a time, in their order, each seeing what those before it did, until `limit` have been tried. Of those
// that conditions leave out no more than that many are told.
[[nodiscard]] std::vector<PreviewedRecord> try_records(pg::Sql& sql, PullPlan& plan, const FetchedPages& fetched,
                                                       std::size_t limit);

}  // namespace tandem::worker
