// Table _connector: the manifests. Connectors belong to the database, not to a tenant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

struct Connector {
  std::int64_t connector_id = 0;
  std::string name;
  base::Json manifest;
  bool builtin = false;
};

[[nodiscard]] std::optional<Connector> find_connector(pg::Sql& sql, std::string_view name);
[[nodiscard]] Connector require_connector(pg::Sql& sql, std::string_view name);  // 42704
// nullopt when there is one of that name. `manifest` is JSON text, stored as it is.
[[nodiscard]] std::optional<std::int64_t> insert_connector(pg::Sql& sql, std::string_view name,
                                                           std::string_view manifest);
void delete_connector(pg::Sql& sql, std::int64_t connector_id);
// Connections of all tenants that use it.
[[nodiscard]] std::vector<std::string> connections_of_connector(pg::Sql& sql, std::int64_t connector_id);

}  // namespace tandem::store
