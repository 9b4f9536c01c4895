// What a trial of a mapping (preview, explanation) needs of SQL besides the statements of
// the run itself. In a subtransaction of the caller, who rolls it back.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/value.hpp"
#include "pg/sql.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

// Waits for nobody's lock longer than that, and lets deferred constraints fail at once. What the caller's own
// transaction has left to be checked is checked here, and raised as it is.
void begin_trial(pg::Sql& sql, std::int64_t lock_timeout_ms);

// 55006: a run would have to wait. `table` is qualified and quoted.
[[nodiscard]] base::Failure table_is_locked(std::string_view table);

// The key of one row (its cells) as the text of a jsonb object; empty: rows have none, or it cannot be one.
[[nodiscard]] std::string key_of_row(pg::Sql& sql, const WritePlan& plan, std::span<const base::Cell> cells);

// A remote record as the text of a jsonb; one that jsonb cannot hold becomes a JSON string.
[[nodiscard]] std::string record_as_jsonb(pg::Sql& sql, std::string_view record);

}  // namespace tandem::store
