// Tables _batch and _batch_record: records that applications hand over, and what became of
// each. On its way a record is an outbox item like any other; what it came to is written
// here when the item is settled, for the item is gone then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// An array of at most `limit` objects that name columns: the records as texts. Throws Failure that names the first that
// is none, or what it names that is none of `columns`.
[[nodiscard]] std::vector<std::string> checked_records(pg::Sql& sql, const std::string& records, std::int64_t limit,
                                                       const std::vector<std::string>& columns,
                                                       const std::string& mapping);
// One member of an object of its own each.
[[nodiscard]] std::vector<std::string> members_of_record(pg::Sql& sql, const std::string& record);

struct HandedOver {
  std::int64_t tenant_id = 0, mapping_id = 0;
  std::string records;               // the array
  std::vector<std::string> known;    // beside them: what identifies each, {"id": "5"}; empty: nothing does
  std::vector<std::string> columns;  // of the table, with their numbers
  std::vector<std::int64_t> numbers;
};
// The batch. Records that identify the same add up, with those that wait already.
[[nodiscard]] std::int64_t take_batch(pg::Sql& sql, const HandedOver& given);
// Batches that nothing is pending of, but for the newest so many.
void forget_batches(pg::Sql& sql, std::int64_t mapping_id, std::int64_t keep);

// Of items of batches that are settled, with the version that was.
struct BatchOutcome {
  std::int64_t item = 0, version = 0;
  std::string remote_id = {};  // empty: nobody was told of it
};
void settle_batch_records(pg::Sql& sql, const std::vector<BatchOutcome>& outcomes);

struct BatchStatus {
  std::string mapping, status;
  std::int64_t records = 0, pending = 0, sent = 0, failed = 0, ambiguous = 0, skipped = 0;
  std::string requested_by;
  base::Instant requested_at;
  std::optional<base::Instant> completed_at;
  std::string results;  // JSON
};
// nullopt: the tenant has no such batch.
[[nodiscard]] std::optional<BatchStatus> batch_status(pg::Sql& sql, std::int64_t tenant_id, std::int64_t batch);

}  // namespace tandem::store
