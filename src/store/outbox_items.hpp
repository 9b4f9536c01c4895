// Table _outbox_item: one local row of one push mapping that is to be sent. Changes of a row
// add up in its item until it is sent; the attempt is recorded with the claim, before
// anything is sent; what came of it settles the item, unless the row changed meanwhile.
// Every statement after the claim is fenced by (run, epoch).
//
//   pending ──claim──▶ claimed ──settled──▶ gone (or pending, when it changed meanwhile)
//      ▲                  ├──refused───────▶ parked: a sync error, until it changes or is tried again
//      └──later, changed──┴──nobody knows──▶ ambiguous: until the remedy of the connector has found out
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/push/captured.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

// Adds changes to the items of a mapping. They may go when they have settled for so long.
void put_items(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const std::vector<core::RowChange>& rows,
               base::Micros settle);
// All rows there were are gone: each that the other side has of this mapping.
void put_truncated(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const core::CapturedEntry& truncated,
                   const std::vector<std::string>& match_columns);

// A number for changes that nobody captured, in the order of those that were.
[[nodiscard]] std::int64_t next_version(pg::Sql& sql);

struct OutboxItem {
  std::int64_t item = 0;
  std::string key;                 // {"id": "5"}
  std::optional<std::string> was;  // likewise
  char op = 'u';
  std::int64_t version = 0;
  std::optional<std::vector<int>> changed;  // attnums; nullopt: all
  std::string txid;
  base::Instant captured_at;
  std::int64_t attempts = 0;
  // Of the attempt before, where nobody knows what became of it.
  std::int64_t sent_version = 0;
  char sent_op = '\0';
  std::optional<std::string> sent;
  std::optional<std::string> idempotency_key;
  // Of a batch (store/batches.hpp): the newest; what was handed over in place of a row, and the columns that it names.
  std::int64_t batch = 0;
  std::optional<std::string> record;
  std::vector<std::string> named;
  std::optional<base::Instant> sent_at;  // the last attempt
};

// Pending ones that may go, in the order in which they were captured, locked; at most `limit`.
[[nodiscard]] std::vector<OutboxItem> due_items(pg::Sql& sql, std::int64_t mapping_id, std::int64_t limit);
// The same, whether they may go yet or not, to look at only.
[[nodiscard]] std::vector<OutboxItem> pending_items(pg::Sql& sql, std::int64_t mapping_id, std::int64_t limit);
// Those that an earlier taker of the run, or another run, has left claimed or ambiguous; likewise.
[[nodiscard]] std::vector<OutboxItem> ambiguous_items(pg::Sql& sql, const RunSpec& spec, std::int64_t limit);
// Of these rows, whatever their state.
struct WaitingItem {
  std::int64_t item = 0;
  std::string key;
  char state = 'p';
  base::Instant changed_at;
};
[[nodiscard]] std::vector<WaitingItem> items_of_keys(pg::Sql& sql, std::int64_t mapping_id,
                                                     const std::vector<std::string>& keys);
// The deletion of the row that had these values (as JSON), of its key or of what was kept of it; nullopt: none waits.
[[nodiscard]] std::optional<WaitingItem> deletion_of(pg::Sql& sql, std::int64_t mapping_id, const std::string& values);
// Rows of the mapping that are being created there: a record that is not known yet may be one of them.
[[nodiscard]] bool creates_under_way(pg::Sql& sql, std::int64_t mapping_id);
// When the next pending one may go that may not yet.
[[nodiscard]] std::optional<base::Instant> next_due_item(pg::Sql& sql, std::int64_t mapping_id);

// At most `limit`.
[[nodiscard]] std::int64_t count_pending(pg::Sql& sql, std::int64_t mapping_id, std::int64_t limit);

// The attempt, as it is recorded before it is sent.
struct Attempt {
  std::int64_t item = 0;
  char op = 'u';  // c create, u update, s upsert, d delete
  std::string idempotency_key;
  std::string sent;  // JSON; empty: what is sent need not be known
};
void record_attempts(pg::Sql& sql, const RunSpec& spec, const std::vector<Attempt>& attempts);

// The rest is fenced: items that another taker has meanwhile stay as they are.

// What was sent is there. Gives those that are gone by that; the others changed meanwhile, and are pending again.
std::vector<std::int64_t> settle_items(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items);
// Nothing was to be done, or it was not sent at all: as if it had not been claimed. `not_before`: nullopt: at once.
void release_items(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items,
                   std::optional<base::Instant> not_before, bool counts);
void leave_ambiguous(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items);
// The same, where only a person can find out.
void leave_to_person(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items);
// Ambiguous ones, locked: tried again as they were sent; pending again, as the row is now; left to a person.
void reclaim_items(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items);
void reopen_items(pg::Sql& sql, const std::vector<std::int64_t>& items);
void hold_items(pg::Sql& sql, const std::vector<std::int64_t>& items);
// With an error each (worker/push_faults.hpp).
void park_items(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items);
// Locked ones that turn out to need nothing, before they were claimed.
void drop_items(pg::Sql& sql, const std::vector<std::int64_t>& items);
// Locked ones that cannot go as they are: parked.
void refuse_items(pg::Sql& sql, const std::vector<std::int64_t>& items);
// What waits for this may go now.
void wake_items(pg::Sql& sql, const std::string& what_for);
// Locked ones that wait for something else: until then, or until somebody makes them due.
void put_off_items(pg::Sql& sql, const std::vector<std::int64_t>& items, base::Instant until,
                   const std::string& what_for);

}  // namespace tandem::store
