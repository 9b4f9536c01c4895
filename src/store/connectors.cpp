#include "store/connectors.hpp"

#include "store/lookup.hpp"

namespace tandem::store {

std::optional<Connector> find_connector(pg::Sql& sql, std::string_view name) {
  const pg::Rows rows =
      sql.engine("SELECT connector_id, name, manifest, builtin FROM tandem._connector WHERE name = $1", {name});
  if (rows.empty()) return std::nullopt;
  return Connector{rows.integer(0, 0), rows.text(0, 1), base::Json::parse(rows.text(0, 2)).value(), rows.boolean(0, 3)};
}

Connector require_connector(pg::Sql& sql, std::string_view name) {
  if (auto found = find_connector(sql, name)) return *std::move(found);
  throw no_such("connector", name, sql.engine("SELECT name FROM tandem._connector ORDER BY name").texts(0));
}

std::optional<std::int64_t> insert_connector(pg::Sql& sql, std::string_view name, std::string_view manifest) {
  const pg::Rows rows = sql.engine(
      "INSERT INTO tandem._connector (name, manifest) VALUES ($1, $2::jsonb) ON CONFLICT (name) DO NOTHING"
      " RETURNING connector_id",
      {name, manifest});
  if (rows.empty()) return std::nullopt;
  return rows.integer(0, 0);
}

void delete_connector(pg::Sql& sql, std::int64_t connector_id) {
  sql.engine("DELETE FROM tandem._connector WHERE connector_id = $1", {connector_id});
}

std::vector<std::string> connections_of_connector(pg::Sql& sql, std::int64_t connector_id) {
  return sql.engine("SELECT name FROM tandem._connection WHERE connector_id = $1 ORDER BY name", {connector_id})
      .texts(0);
}

}  // namespace tandem::store
