// What people do about local changes on their way out: try again what is parked, drop it,
// send rows again, ask what became of one. Engine's side; whether they may is looked at before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/push/captured.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

struct CapturedCount {
  std::int64_t changes = 0;
  std::optional<base::Instant> oldest = {};
};
// What was captured of the mapping's table and is not unfolded yet, without what its own pull wrote.
[[nodiscard]] CapturedCount captured_changes(pg::Sql& sql, std::int64_t mapping_id);

// Keys as people write them, as the outbox has them: values as their columns' types print them, and what else is kept
// of the row, read as the caller. `keys`: a JSON array of objects that name the columns of the row key, each; Failure
// where one does not. Rows that are not there are told as deleted.
[[nodiscard]] std::vector<core::RowChange> rows_of_keys(pg::Sql& sql, const pg::Table& table,
                                                        const core::CaptureKey& key, const std::string& keys);
// The same of one key, whether its row is there or not.
[[nodiscard]] std::string canonical_key(pg::Sql& sql, const pg::Table& table, const core::CaptureKey& key,
                                        const std::string& given);

// What is parked, or held until a person has looked, may go again: of one key, or all there are. How many.
std::int64_t retry_items(pg::Sql& sql, std::int64_t mapping_id, const std::optional<std::string>& key);
// Nothing of it is sent any more, unless the row changes again. kept: it is being sent at this moment.
enum class Dropped { dropped, kept, none };
[[nodiscard]] Dropped drop_item(pg::Sql& sql, std::int64_t mapping_id, const std::string& key);
// The key of the row that an error of a push is about; nullopt: it is not about an item that is there.
[[nodiscard]] std::optional<std::string> item_of_error(pg::Sql& sql, std::int64_t error);

// A person says which record of the other side the row of an item is. What was sent without a word of what became of it
// is settled by that; what was refused goes again, as an update of that record. False: it is being sent at this moment.
struct ToldRecord {
  std::string remote_id;
  std::string contract_key;  // what its contract is found by, as JSON; empty: its id says it all
  bool arrived = false;
};
[[nodiscard]] bool settle_as_told(pg::Sql& sql, std::int64_t mapping_id, const std::string& key,
                                  const ToldRecord& told);
// Values that were captured of the row of an item, by these columns, as JSON.
[[nodiscard]] std::string captured_values(pg::Sql& sql, std::int64_t mapping_id, const std::string& key,
                                          const std::vector<std::string>& columns);

// The run that sends what is due: a new one, or the one that is pending or under way.
[[nodiscard]] std::int64_t push_run(pg::Sql& sql, std::int64_t mapping_id);

// Up to where something of a row is on its way, and whether some of it was captured by this very transaction.
struct RowMark {
  std::int64_t seq = 0;
  bool made_here = false;
};
[[nodiscard]] RowMark mark_row(pg::Sql& sql, std::int64_t mapping_id, const std::string& key);
// synced, pending, parked or ambiguous, of what was on its way up to there.
[[nodiscard]] std::string state_of_row(pg::Sql& sql, std::int64_t mapping_id, const std::string& key, std::int64_t seq);

}  // namespace tandem::store
