#include "store/events.hpp"

namespace tandem::store {

bool is_event_table(const pg::Table& table) { return table.quoted == kEventTable; }

pg::Oid event_table(pg::Sql& sql) {
  return static_cast<pg::Oid>(sql.engine("SELECT 'tandem._event'::regclass::oid::int8").integer(0, 0));
}

base::Json event_columns(const pg::Table& table) {
  base::Json columns = base::Json::object();
  for (const pg::TableColumn& column : table.columns)
    if (column.name != "event" && column.name != "event_id") columns.set(column.name, base::Json(column.name));
  return columns;
}

void insert_subscription(pg::Sql& sql, std::int64_t mapping_id, const std::vector<std::string>& events,
                         std::optional<std::int64_t> of_mapping) {
  sql.engine("INSERT INTO tandem._event_subscription (mapping_id, events, of_mapping) VALUES ($1, $2, $3)",
             {mapping_id, events, of_mapping});
}

bool is_subscription(pg::Sql& sql, std::int64_t mapping_id) {
  return sql.engine("SELECT FROM tandem._event_subscription WHERE mapping_id = $1", {mapping_id}).processed() > 0;
}

}  // namespace tandem::store
