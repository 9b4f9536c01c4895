// Table _mapping: remote object to local table, with the schedule and how far reading
// has come. What its definition means is core's business; here it is text in and out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "pg/sql.hpp"
#include "store/children.hpp"

namespace tandem::store {

struct MappingRow {
  std::int64_t mapping_id = 0;
  std::int64_t tenant_id = 0;
  std::string name;
  std::int64_t connection_id = 0;
  std::string connection;
  std::string object;
  pg::Oid target = pg::kInvalidOid;
  std::string target_name;  // qualified, quoted
  base::Json definition;    // columns, key, match_on, direction, sync_mode, cursor_field, write_mode, options
  std::int64_t definition_version = 1;
  std::optional<std::string> schedule;
  pg::Oid owner = pg::kInvalidOid;
  std::string owner_name;
  bool enabled = true;
  bool paused = false;
  std::optional<std::string> label;
  std::string metadata = "{}";  // JSON text: kept as it was given
  std::optional<base::Instant> next_run_at;
  std::optional<std::string> cursor_value;
  std::optional<std::vector<ChildRow>> children;  // what a new definition says; nullopt: they stay
};

[[nodiscard]] bool pushes(const MappingRow& mapping);  // it sends local changes, alone or both ways

[[nodiscard]] std::optional<MappingRow> find_mapping(pg::Sql& sql, std::int64_t tenant_id, std::string_view name);
[[nodiscard]] MappingRow require_mapping(pg::Sql& sql, std::int64_t tenant_id, std::string_view name);  // 42704
[[nodiscard]] std::optional<MappingRow> find_mapping(pg::Sql& sql, std::int64_t mapping_id);
[[nodiscard]] MappingRow load_mapping(pg::Sql& sql, std::int64_t mapping_id);  // 42704
// require_mapping that only members of its owner pass (42501); locks the row for a change.
[[nodiscard]] MappingRow require_own_mapping(pg::Sql& sql, std::int64_t tenant_id, std::string_view name);
[[nodiscard]] std::vector<MappingRow> mappings_of_connection(pg::Sql& sql, std::int64_t connection_id);

// nullopt when there is one of that name in the tenant.
[[nodiscard]] std::optional<std::int64_t> insert_mapping(pg::Sql& sql, const MappingRow& mapping);
// What is given up of what was read when a definition changes: a position within a listing; that, and runs under way
// leave no mark; that, and how far reading has come.
enum class Reread { nothing, listing, changes, everything };
void update_mapping(pg::Sql& sql, const MappingRow& mapping, Reread reread);
// The same for a change that happened elsewhere (the connection's configuration).
void reread_mapping(pg::Sql& sql, std::int64_t mapping_id, Reread reread);
// The next run reads from here; nullopt: from the beginning. One in progress leaves this alone when it ends.
void reset_cursor(pg::Sql& sql, std::int64_t mapping_id, const std::optional<std::string>& cursor);
[[nodiscard]] std::string mapping_uuid(pg::Sql& sql, std::int64_t mapping_id);
void delete_mapping(pg::Sql& sql, std::int64_t mapping_id);

void set_mapping_enabled(pg::Sql& sql, std::int64_t mapping_id, bool enabled, std::optional<base::Instant> next_run_at);
void set_mapping_paused(pg::Sql& sql, std::int64_t mapping_id, bool paused, std::string_view reason,
                        std::optional<base::Instant> next_run_at);

// After a restore or a template copy OIDs mean other things: the names decide. For adopt(); returns the names of
// mappings whose table or owner is not there.
[[nodiscard]] std::vector<std::string> rebind_by_name(pg::Sql& sql);

}  // namespace tandem::store
