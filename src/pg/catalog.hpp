// What the catalogs say about a table that is mapped: columns, constraints, triggers.
// Plain descriptors; every function needs an open transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"
#include "pg/sql.hpp"
#include "pg/types.hpp"

namespace tandem::pg {

struct TableColumn {
  std::string name;
  int attnum = 0;
  Oid type = kInvalidOid;
  std::int32_t typmod = -1;
  Oid collation = kInvalidOid;
  base::ColumnType conversion;  // derived from type and typmod
  bool not_null = false;
  bool has_default = false;
  bool generated = false;  // GENERATED ALWAYS AS (...) STORED
  char identity = '\0';    // 'a' always, 'd' by default
  bool numbered = false;   // identity, or its default draws from a sequence
};

struct UniqueKey {
  std::string index;
  bool primary = false;
  std::vector<std::string> columns;
  std::vector<std::string> equals;  // the equality operator of each column, printed for SQL: OPERATOR(pg_catalog.=)
};

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::string referenced;                       // qualified
  std::vector<std::string> referenced_columns;  // beside columns
  bool cascades = false;                        // ON DELETE CASCADE
};

struct Table {
  Oid oid = kInvalidOid;
  std::string schema, name;
  std::string quoted;  // "public.contacts", quoted where needed
  char kind = 'r';     // relkind: r, p, f, v, m; q: rows of a query (store/source.hpp), the names are those of a table
  std::string query;   // of those: the SELECT
  bool temporary = false;
  Oid owner = kInvalidOid;
  bool row_triggers = false;           // BEFORE row triggers on INSERT or UPDATE (they may swallow a row)
  bool row_security = false;           // policies bind the current user
  std::vector<TableColumn> columns;    // without dropped ones
  std::vector<UniqueKey> unique_keys;  // valid, immediate, without predicate or expressions
  std::vector<ForeignKey> foreign_keys;
  [[nodiscard]] const TableColumn* column(std::string_view column_name) const noexcept;
};

// nullopt when there is no such relation. Sees what the current user sees only as far as row_security goes;
// everything else is the same for everybody.
[[nodiscard]] std::optional<Table> describe_table(Sql& sql, Oid relation);
[[nodiscard]] std::string quote_identifier(std::string_view name);  // as SQL would need it
[[nodiscard]] std::string quote_literal(std::string_view value);
// The conversion descriptor of any type. `precision` of time and timestamp types: digits of the seconds.
[[nodiscard]] base::ColumnType column_type(Oid type, std::int32_t typmod);
// Locks the relation and all partitions ROW EXCLUSIVE for this transaction without waiting; false when it would
// have to wait. True also of a relation that is gone: describe_table, called after it, says so.
[[nodiscard]] bool try_lock_table(Oid relation);
// Until the end of the transaction nobody else writes to it, nor does this; waits for those who do.
void lock_against_writers(Oid relation);

// Of a locked table: it has not even a page. False says nothing: there may be rows, or only room for some.
[[nodiscard]] bool has_no_pages(Oid relation);

[[nodiscard]] Oid role_oid(std::string_view name);  // kInvalidOid if none
[[nodiscard]] std::string role_name(Oid role);      // "" if none
[[nodiscard]] Oid current_user();
[[nodiscard]] Oid session_user();
[[nodiscard]] bool is_superuser(Oid role);
[[nodiscard]] bool role_can_login(Oid role);
[[nodiscard]] bool has_role(Oid member, Oid role);                     // USAGE of role's privileges
[[nodiscard]] bool may_use_schema(Oid role, std::string_view schema);  // true also of one that is gone
[[nodiscard]] bool has_table_privilege(Oid role, Oid relation,
                                       std::string_view privileges);  // "SELECT, INSERT": all of them
[[nodiscard]] std::string database_name();
[[nodiscard]] Oid database_oid();
[[nodiscard]] std::uint64_t system_identifier();

}  // namespace tandem::pg
