// The life of a run as rows: taken by a worker, accounted page by page, handed back; closed
// in closings.hpp. Every statement after the taking is fenced by (run, epoch): a worker that lost its
// run changes nothing any more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "core/mapping/stamp.hpp"
#include "core/listing/ceilings.hpp"
#include "core/listing/paging.hpp"
#include "core/run/run.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// Everything a worker needs to know of a run it has taken.
struct RunSpec {
  std::int64_t run = 0, epoch = 0;
  std::int64_t mapping_id = 0, connection_id = 0, tenant_id = 0;
  std::string mapping, tenant, connection;
  std::int64_t connection_version = 0, definition_version = 0;
  std::string object;
  pg::Oid target = pg::kInvalidOid;
  std::string target_name;
  base::Json definition, manifest, config, params;
  bool full = false;
  bool retry = false;            // of stored records that failed; the source is not asked
  bool verify = false;           // the table is compared, and nothing is written
  bool push = false;             // local changes go out: the source is not read
  bool trigger_capture = false;  // of such a run: nobody asked for it
  base::Json timing, latency;    // what earlier takers spent, what they saw: core/run/run_timing.hpp
  std::string chain = "{}";      // mappings whose runs led to this one, as Postgres prints an array
  std::optional<std::string> cursor_value;
  std::optional<std::string> deletions_value;  // the same of the feed of deletions
  std::optional<base::Json> position;          // of this run, when it was begun before
  std::optional<base::Json> resume;            // of an earlier run that did not get to its end, under this definition
  std::int64_t cursor_version = 0;             // of cursor_value: another one, and the run leaves it alone
  std::int64_t clock_offset_ms = 0;            // the source's clock minus ours, when last seen
  core::Spent spent;                           // before it was taken anew
  std::int64_t failed = 0;                     // records that failed before it was taken anew
  std::int64_t open_errors = 0;                // unresolved errors of the mapping
  std::int64_t deleted = 0;                    // rows it deleted before it was taken anew
  std::int64_t held_back = 0;                  // rows it did not delete, for the brake held them back
  std::optional<std::int64_t> delete_limit;    // how many it may delete, whatever the brake says
  std::optional<base::Json> columns_seen;      // of the table, when it was last looked at
  std::optional<base::Json> shape;             // of the records, as runs saw them
  std::int64_t open_changes = 0;               // rows of schema_changes
  std::optional<std::string> contract_key;     // what the contracts were kept of: store/contracts.hpp
  std::optional<std::string> listing_scope;    // what the last full listing asked for: store/deletes.hpp
  bool credentials = false;                    // the connection has some
};

// What rows of this run are stamped with.
[[nodiscard]] core::StampValues stamp_values(pg::Sql& sql, const RunSpec& spec);

struct Counters {
  std::int64_t pages = 0, records_read = 0, created = 0, updated = 0, deleted = 0, skipped = 0, failed = 0, bytes = 0;
  std::int64_t conflicts = 0;                 // rows that both sides had changed, whoever decides them
  std::string timing = "{}", latency = "{}";  // of the run so far
};

// Takes up to `limit` pending runs of an owner. Runs of disabled or paused mappings and connections stay.
[[nodiscard]] std::vector<RunSpec> take_runs(pg::Sql& sql, pg::Oid owner, std::int64_t boot_id, pg::Pid pid,
                                             std::int64_t limit);

// What a run of the mapping would be given if it began now. Its number is 0; the caller rolls back what this writes.
[[nodiscard]] RunSpec imagined_run(pg::Sql& sql, std::int64_t mapping_id, bool full);

struct Accounted {
  bool ours = true;  // false: another worker has the run now; roll back
  bool cancel_requested = false;
};
// Adds a page's counters and stores the position after it. Part of the page's transaction.
[[nodiscard]] Accounted account_page(pg::Sql& sql, const RunSpec& spec, const Counters& page,
                                     const std::optional<base::Json>& position, std::optional<std::int64_t> total);
// Why a run stands still, for run_progress; nullopt clears it.
void set_waiting(pg::Sql& sql, const RunSpec& spec, const std::optional<std::string>& waiting_on,
                 std::optional<base::Instant> until);
// Runs among `runs` whose cancellation was asked for.
[[nodiscard]] std::vector<std::int64_t> cancelled_among(pg::Sql& sql, const std::vector<std::int64_t>& runs);

// Asked for with parameters of its own, a run sees what they let through: how far it came says nothing of the rest.
[[nodiscard]] bool reads_a_part(const RunSpec& spec);

// Back to pending, not before a moment: what it needs is held by somebody else.
void postpone_run(pg::Sql& sql, const RunSpec& spec, base::Instant until, std::string_view waiting_on);
// Back to pending, for another worker, from the position that is committed.
void release_run(pg::Sql& sql, const RunSpec& spec);

// A person's side.
struct MappingRef {
  std::int64_t mapping_id = 0;
  pg::Oid owner = pg::kInvalidOid;
};
// The pending or running run of the mapping, or a new one. `created` tells which.
[[nodiscard]] std::int64_t request_run(pg::Sql& sql, std::int64_t mapping_id, bool full, const base::Json& params,
                                       bool& created);
struct RunState {
  std::string status;
  std::optional<std::string> message;
  std::int64_t mapping_id = 0;
  pg::Oid owner = pg::kInvalidOid;
  bool made_here = false;  // inserted by the current, uncommitted transaction
};
[[nodiscard]] std::optional<RunState> run_state(pg::Sql& sql, std::int64_t run);
// pending: cancelled at once; running: asked to stop. False when it had ended already.
bool request_cancel(pg::Sql& sql, std::int64_t run);

}  // namespace tandem::store
