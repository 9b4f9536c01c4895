// tandem._schema_change and what it is found out from: the columns that a mapping's table
// had when it was last looked at, and the shape its records had so far.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "core/schema/record_shape.hpp"
#include "core/schema/change.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// Tables that the command of the running event trigger has altered, or whose schema; dropped, wholly or a column.
inline constexpr std::string_view kAlteredTables =
    "SELECT c.objid FROM pg_event_trigger_ddl_commands() c WHERE c.classid = 'pg_class'::regclass"
    " UNION ALL SELECT r.oid FROM pg_event_trigger_ddl_commands() c JOIN pg_catalog.pg_class r"
    " ON r.relnamespace = c.objid WHERE c.classid = 'pg_namespace'::regclass";
inline constexpr std::string_view kDroppedTables =
    "SELECT c.objid FROM pg_event_trigger_dropped_objects() c WHERE c.classid = 'pg_class'::regclass";

// A mapping whose table or records are watched.
struct Watched {
  std::int64_t mapping_id = 0, tenant_id = 0;
  std::string mapping;
  pg::Oid target = pg::kInvalidOid;
  std::string target_name;
  base::Json definition;
  std::optional<base::Json> columns_seen;
};
// Mappings of kAlteredTables, kDroppedTables.
[[nodiscard]] std::vector<Watched> mappings_altered(pg::Sql& sql);
[[nodiscard]] std::vector<Watched> mappings_dropped(pg::Sql& sql);

[[nodiscard]] core::LocalColumns columns_now(const pg::Table& table);
// The table's name is what finds it after a restore, and what export_mapping writes.
void remember_name(pg::Sql& sql, std::int64_t mapping_id, const std::string& quoted);
// Writes down the columns that the table has now.
void remember_columns(pg::Sql& sql, std::int64_t mapping_id);
// Another definition that writes the same: columns under other names.
void follow_renames(pg::Sql& sql, std::int64_t mapping_id, std::int64_t definition_version,
                    const base::Json& definition);

// Does with changes what the mapping's policy says: a row each (seen again: the same row), a pause.
void note_changes(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const base::Json& definition,
                  const core::SchemaChanges& changes);

struct OpenChange {
  std::int64_t change = 0;
  core::SchemaChange what;
};
[[nodiscard]] std::vector<OpenChange> open_changes(pg::Sql& sql, std::int64_t mapping_id);
// Of all mappings of a tenant that have any.
struct OpenCount {
  std::string mapping;
  std::int64_t changes = 0;
  core::SchemaChange latest;
};
[[nodiscard]] std::vector<OpenCount> open_change_counts(pg::Sql& sql, std::int64_t tenant_id);
// `applied`: they are not open any more; `seen`: they still hold.
void settle_changes(pg::Sql& sql, const std::vector<std::int64_t>& applied, const std::vector<std::int64_t>& seen);
// Those of one side (empty: both) that are over, as far as definition, table and sample tell.
void settle_open_changes(pg::Sql& sql, std::int64_t mapping_id, std::string_view side, const base::Json& definition,
                         const core::LocalColumns& columns, const core::RecordShape& sample);
struct ChangeOwner {
  std::int64_t tenant_id = 0, mapping_id = 0;
};
[[nodiscard]] std::optional<ChangeOwner> owner_of_change(pg::Sql& sql, std::int64_t change);
bool ignore_change(pg::Sql& sql, std::int64_t change);
// Why policy evolve could not apply it: it stays open.
void note_refusal(pg::Sql& sql, std::int64_t change, std::string_view message);

// What discovery saw; nullopt: nothing yet. The shape that runs have seen comes with the run (RunSpec).
[[nodiscard]] std::optional<core::RecordShape> discovered_shape(pg::Sql& sql, std::int64_t connection_id,
                                                                std::string_view object);
void save_shape(pg::Sql& sql, std::int64_t mapping_id, const core::RecordShape& shape);

// As the owner of the table. Waits for nobody longer than lock_timeout.
void add_column(pg::Sql& sql, const std::string& table, const std::string& column, const std::string& type);
// A definition with more columns: the next run reads everything. False: somebody has changed it in the meantime.
bool extend_definition(pg::Sql& sql, std::int64_t mapping_id, std::int64_t definition_version,
                       const base::Json& definition);

}  // namespace tandem::store
