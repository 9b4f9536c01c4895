// Table _outbox: what the capture trigger wrote, taken away as it becomes outbox items, in
// one transaction. Readers never go by the highest number seen: a transaction that stays
// open long commits low numbers late. What another worker has in hand is passed over.
#pragma once

#include <cstdint>
#include <vector>

#include "core/push/captured.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// In the order of seq, at most `limit`; they are gone from the table when the transaction commits.
[[nodiscard]] std::vector<core::CapturedEntry> take_entries(pg::Sql& sql, pg::Oid table, std::int64_t limit);
// The same, to look at only: they stay where they are, in nobody's way.
[[nodiscard]] std::vector<core::CapturedEntry> look_at_entries(pg::Sql& sql, pg::Oid table, std::int64_t limit);

}  // namespace tandem::store
