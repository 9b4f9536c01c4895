// Child tables of mappings, tandem._child_table: which table an array's elements go to, by
// number, so that a renamed one is followed; and the columns that it had when it was last
// looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "core/schema/change.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

struct ChildRow {
  std::string field;  // lines[]
  pg::Oid target = pg::kInvalidOid;
  std::string target_name;  // qualified, quoted
  std::optional<base::Json> columns_seen = {};
};
[[nodiscard]] std::vector<ChildRow> children_of(pg::Sql& sql, std::int64_t mapping_id);
// These and no others, with the columns that they have now.
void save_children(pg::Sql& sql, std::int64_t mapping_id, const std::vector<ChildRow>& children);
void remember_child_columns(pg::Sql& sql, std::int64_t mapping_id, const std::string& field);

// The table has another name now: here, and in the definition, which says it too.
void remember_child_name(pg::Sql& sql, std::int64_t mapping_id, const std::string& field, const std::string& quoted);

// Open changes of child tables are over: the mapping was made to fit them.
void settle_child_changes(pg::Sql& sql, std::int64_t mapping_id);

// Child tables among kAlteredTables, kDroppedTables.
struct WatchedChild {
  std::int64_t mapping_id = 0, tenant_id = 0;
  std::string mapping;
  base::Json definition;
  ChildRow child;
};
[[nodiscard]] std::vector<WatchedChild> children_altered(pg::Sql& sql);
[[nodiscard]] std::vector<WatchedChild> children_dropped(pg::Sql& sql);
// What happened to a child table, as rows of schema_changes. The name that it has now is remembered, and `watched` has
// it.
[[nodiscard]] core::SchemaChanges child_changes(pg::Sql& sql, WatchedChild& watched);

}  // namespace tandem::store
