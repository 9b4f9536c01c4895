// Table _connection: one account on one connector. Its credentials stand in
// store/credentials.hpp; what discovery found out about it in store/fields.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "core/manifest/api.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

struct Connection {
  std::int64_t connection_id = 0;
  std::int64_t tenant_id = 0;
  std::string tenant;
  std::string name;
  std::int64_t connector_id = 0;
  std::string connector;
  base::Json manifest;  // of the connector
  base::Json config;
  std::optional<std::string> label;
  std::string metadata = "{}";  // JSON text: kept as it was given
  bool enabled = true;
  bool paused = false;
  pg::Oid owner = pg::kInvalidOid;
  std::string owner_name;
  std::int64_t version = 1;  // rises with every change of config or credentials
  std::optional<base::Instant> last_ok_at;
  std::optional<std::string> last_error, last_error_type;

  // Manifest and config as the engine uses them; throws Failure with the first thing that is wrong.
  [[nodiscard]] core::Api api() const;
};

[[nodiscard]] std::optional<Connection> find_connection(pg::Sql& sql, std::int64_t tenant_id, std::string_view name);
[[nodiscard]] Connection require_connection(pg::Sql& sql, std::int64_t tenant_id, std::string_view name);  // 42704
// Whoever uses a connection acts with its credentials: members of its owner only. 42501 otherwise.
void require_connection_use(pg::Sql& sql, std::int64_t connection_id, pg::Oid user);
[[nodiscard]] Connection load_connection(pg::Sql& sql, std::int64_t connection_id);
// Locks the row for this transaction, for a change that reads first; to drop it, also against those who are making
// mappings of it. False when it is gone.
enum class Lock { change, drop };
[[nodiscard]] bool lock_connection(pg::Sql& sql, std::int64_t connection_id, Lock lock);

// nullopt when there is one of that name in the tenant. Uses tenant_id, name, connector_id, config, label,
// metadata, owner, owner_name.
[[nodiscard]] std::optional<std::int64_t> insert_connection(pg::Sql& sql, const Connection& connection);
// Writes name, config, label and metadata.
void update_connection(pg::Sql& sql, const Connection& connection);
void delete_connection(pg::Sql& sql, std::int64_t connection_id);
void set_connection_enabled(pg::Sql& sql, std::int64_t connection_id, bool enabled);
void set_connection_paused(pg::Sql& sql, std::int64_t connection_id, bool paused, std::string_view reason);

// After a change of configuration or credentials: a new version, and nothing is known about it yet.
void mark_connection_untested(pg::Sql& sql, std::int64_t connection_id);
// What the last call had to say (test_connection and runs). nullptr: it was fine.
void note_connection_result(pg::Sql& sql, std::int64_t connection_id, std::int64_t version, const base::Error* error,
                            std::string_view error_type);

}  // namespace tandem::store
