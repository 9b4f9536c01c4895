// What doctor() asks the catalogs and our tables: plain facts, judged in src/api/doctor.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/sql.hpp"

namespace tandem::store {

[[nodiscard]] std::string server_version(pg::Sql& sql);

struct ServerFacts {
  std::optional<std::string> preload_libraries;  // nullopt: not shown to this role
  std::int64_t max_worker_processes = 0;
  std::vector<std::string> engine_role_excess;  // attributes that tandem_owner has and must not have
};
[[nodiscard]] ServerFacts server_facts(pg::Sql& sql);

struct OwnerFacts {
  pg::Oid role = pg::kInvalidOid;
  std::string name;      // as it was when the mapping was made
  std::string mappings;  // "a, b"
};
[[nodiscard]] std::vector<OwnerFacts> mapping_owners(pg::Sql& sql, std::int64_t tenant_id);

// From the status views, with their next step.
struct StatusFacts {
  std::string name, status, connection;
  std::optional<std::string> reason, next_step;
};
[[nodiscard]] std::vector<StatusFacts> connection_states(pg::Sql& sql, std::string_view tenant);
[[nodiscard]] std::vector<StatusFacts> mapping_states(pg::Sql& sql, std::string_view tenant);

// The last run of a mapping that ended; nullopt: none has.
struct LastRun {
  std::int64_t run = 0, failed = 0;
  std::string status;
  std::optional<std::string> code, message, suggestion;
};
[[nodiscard]] std::optional<LastRun> last_run(pg::Sql& sql, std::int64_t mapping_id);
// A run that waits or is under way: "pending since …".
[[nodiscard]] std::optional<std::string> active_run(pg::Sql& sql, std::int64_t mapping_id);

}  // namespace tandem::store
