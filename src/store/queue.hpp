// The queue of runs as the scheduler sees it: what is due, who has to work, what was
// left behind by a process that is gone. No statement here waits for a row that somebody
// else holds; what is skipped for that reason is reported, so that it is looked at again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// --- left behind

struct RunningRun {
  std::int64_t run = 0;
  std::int64_t boot_id = 0;  // 0: unknown
  pg::Pid pid = 0;           // 0: unknown
};
[[nodiscard]] std::vector<RunningRun> running_runs(pg::Sql& sql);
// Back to pending (cancelled, where that was asked for). False: some are held by others at the moment.
[[nodiscard]] bool requeue_runs(pg::Sql& sql, const std::vector<std::int64_t>& runs);

// --- due

struct DueMapping {
  std::int64_t mapping_id = 0;
  std::string name;
  std::string schedule;  // "" when it has none any more
};
// At most `limit`, locked; those that others hold are left out.
[[nodiscard]] std::vector<DueMapping> take_due(pg::Sql& sql, base::Instant now, int limit);
struct NextRun {
  std::int64_t mapping_id = 0;
  std::optional<base::Instant> at;  // nullopt: never again
};
// One pending run each, unless there is one that is pending or running; and when the next one is due.
void start_due(pg::Sql& sql, const std::vector<NextRun>& mappings);
// One pending push run for each mapping that has local changes to send, unless there is one, or they wait for a
// schedule.
void start_pushes(pg::Sql& sql);
// Of one owner, but these mappings: somebody looks after them.
void start_pushes_of(pg::Sql& sql, pg::Oid owner, const std::vector<std::int64_t>& but);
// The first moment after `after` that a schedule names, in its own time zone or the session's.
[[nodiscard]] base::Result<std::optional<base::Instant>> next_run_at(std::string_view schedule, base::Instant after);

// --- waiting

struct WaitingOwner {
  pg::Oid owner = pg::kInvalidOid;
  base::Instant since;
};
// Owners with runs that may begin, the one that has waited longest first.
[[nodiscard]] std::vector<WaitingOwner> waiting_owners(pg::Sql& sql, base::Instant now);
// Fails what an owner has pending: nobody can work for it.
void fail_waiting(pg::Sql& sql, pg::Oid owner, std::string_view code, std::string_view message);

// When there is something to do again: the next due mapping, the next run that was put off. A moment that is over
// already means work that was left out because somebody held it.
[[nodiscard]] std::optional<base::Instant> next_event(pg::Sql& sql, base::Instant now);

}  // namespace tandem::store
