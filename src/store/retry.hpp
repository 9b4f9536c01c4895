// Records that failed and are tried again from what is stored of them, without the
// network. Errors are marked with the run that is to try them; a retry run takes marked
// ones, in the order they were made, until there are none. Only open errors are tried: one
// whose record went in since, in a newer version, is resolved by that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

// Marks all retryable errors that runs of the mapping recorded, or one error of whatever kind; the run that will try
// them. nullopt: there is nothing to try.
[[nodiscard]] std::optional<std::int64_t> request_retry(pg::Sql& sql, std::int64_t mapping_id,
                                                        std::optional<std::int64_t> error);

struct FailedRecords {
  std::vector<std::int64_t> errors;
  std::string body;  // a JSON array of their records
};
// The next ones of a run, at most `limit`.
[[nodiscard]] FailedRecords load_failed(pg::Sql& sql, const RunSpec& spec, std::int64_t limit);

struct Retried {
  std::vector<std::int64_t> errors;   // all that were tried
  std::vector<std::int64_t> went_in;  // are resolved
  std::vector<std::int64_t> failed;   // again, or otherwise
};
// In the transaction that tried them, when what failed is recorded.
void settle_retried(pg::Sql& sql, const RunSpec& spec, const Retried& retried);

// --- records that wait for others

// In the transaction that closes a run, if it has relatives (lock_and_look_for_relatives): who waits for what it wrote
// gets a run that looks which of them may go in; so does this mapping itself, when what its records wait for may have
// come while it ran. True: there is one.
[[nodiscard]] bool wake_waiting(pg::Sql& sql, const RunSpec& spec);

struct WaitingRecord {
  std::int64_t error = 0;
  std::string column, id;
  std::int64_t mapping = 0;  // that pulls what it waits for
};
// Of the run's mapping, behind error `after`, at most `limit`.
[[nodiscard]] std::vector<WaitingRecord> waiting_records(pg::Sql& sql, const RunSpec& spec, std::int64_t after,
                                                         std::int64_t limit);
// These are to be tried by the run.
void mark_for_retry(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& errors);
// Those that lacked the row that a foreign key wants, behind error `after`, at most `limit`.
[[nodiscard]] FailedRecords orphans(pg::Sql& sql, const RunSpec& spec, std::int64_t after, std::int64_t limit);

// Errors that were marked while their run was about to end get a run of their own.
void retry_again(pg::Sql& sql, const RunSpec& spec);

}  // namespace tandem::store
