// The history of records (option record_log): what each run did with which record, and the
// record as the source had it, written with the page. Nothing of this is done, or costs
// anything, while the option is off.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct HistoryEntry {
  enum class Action { created, updated, deleted, skipped, failed };
  Action action = Action::skipped;
  std::string origin_id;    // empty: the record has none
  std::string local_key;    // a JSON object; empty: there is no row
  std::string_view record;  // raw JSON; empty: gone
};

// Never fails because of a record: one that jsonb cannot hold is kept as text.
void record_history(pg::Sql& sql, const RunSpec& spec, std::span<const HistoryEntry> entries);
// Those older than the mapping wants them kept.
void forget_old_history(pg::Sql& sql, const RunSpec& spec);

}  // namespace tandem::store
