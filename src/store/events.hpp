// Subscriptions to events of the engine: mappings that push rows which exist only as items of
// the outbox, in the shape of table _event. Triggers write the items (36_events.sql).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

inline constexpr const char* kEventTable = "tandem._event";

[[nodiscard]] bool is_event_table(const pg::Table& table);
[[nodiscard]] pg::Oid event_table(pg::Sql& sql);
// The columns of a mapping that sends them: every one but the name of the event, which is no part of the record, and
// its number, which is the key.
[[nodiscard]] base::Json event_columns(const pg::Table& table);
void insert_subscription(pg::Sql& sql, std::int64_t mapping_id, const std::vector<std::string>& events,
                         std::optional<std::int64_t> of_mapping);
[[nodiscard]] bool is_subscription(pg::Sql& sql, std::int64_t mapping_id);

}  // namespace tandem::store
