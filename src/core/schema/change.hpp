// Changes under a mapping: columns of its table that were renamed, retyped or dropped
// (local), fields of its records that appeared, vanished or changed type (remote, see
// record_shape.hpp). Each comes with the SQL that follows it. Columns are known by their
// number, so that a renamed one is followed; where the numbers mean nothing (after a
// restore), nothing was seen, and the name decides.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace tandem::core {

enum class SchemaPolicy { freeze, evolve, pause, discard };  // option schema_change

struct SchemaChange {
  std::string side = {}, kind = {};  // remote | local; added | vanished | retyped | renamed | dropped
  std::string field = {}, column = {}, old_type = {}, new_type = {}, ddl = {};
  // "field Fax appeared": why a mapping is paused.
  [[nodiscard]] std::string in_words() const;
};
using SchemaChanges = std::vector<SchemaChange>;

// A column as the catalogs have it.
struct LocalColumn {
  int number = 0;
  std::string type = {};
};
using LocalColumns = std::map<std::string, LocalColumn, std::less<>>;

// As stored: {"email": [3, "text"]}.
[[nodiscard]] LocalColumns local_columns(const base::Json& stored);
[[nodiscard]] SchemaPolicy schema_policy(const base::Json& definition);

// Columns that a definition names: mapped, matched on, filled in by us.
[[nodiscard]] std::vector<std::string> named_columns(const base::Json& definition);
// The field that feeds a column; empty when none does.
[[nodiscard]] std::string field_of_column(const base::Json& definition, std::string_view column);
[[nodiscard]] std::string column_of_field(const base::Json& definition, std::string_view field);

// What happened to the columns that the mapping names. A new name stands in new_type of `renamed`.
[[nodiscard]] SchemaChanges local_changes(std::string_view mapping, const base::Json& definition,
                                          const LocalColumns& seen, const LocalColumns& now);
[[nodiscard]] SchemaChange table_dropped(std::string_view mapping, std::string_view table);

// The same of a child table. `field` is the array: lines[]; changes say lines[].sku, and public.order_lines.sku.
[[nodiscard]] SchemaChanges child_table_changes(std::string_view mapping, const base::Json& definition,
                                                std::string_view field, std::string_view table,
                                                const LocalColumns& seen, const LocalColumns& now);
[[nodiscard]] SchemaChange child_table_dropped(std::string_view mapping, std::string_view field,
                                               std::string_view table);
// A change of a child table, not of the target.
[[nodiscard]] bool is_of_child(const SchemaChange& change);
// The array fields that have child tables, without their brackets.
[[nodiscard]] std::vector<std::string> child_arrays(const base::Json& definition);
// The entry of a child table among the columns; nullptr: there is none.
[[nodiscard]] const base::Json* child_entry(const base::Json& definition, std::string_view field);
// The definition with other names in one child table: old -> new.
[[nodiscard]] base::Json with_renamed_child_columns(base::Json definition, const std::string& field,
                                                    const std::map<std::string, std::string>& names);
// The definition with another name of one child table.
[[nodiscard]] base::Json with_child_table(base::Json definition, const std::string& field, const std::string& table);

// The definition with other names of columns: old -> new.
[[nodiscard]] base::Json with_renamed_columns(base::Json definition, const std::map<std::string, std::string>& names);
// The definition with one more field.
[[nodiscard]] base::Json with_column(base::Json definition, const std::string& field, const std::string& column);

// SELECT tandem.alter_mapping('contacts', '{"columns": {"Fax": "fax"}}'); an empty column removes the field.
[[nodiscard]] std::string alter_columns_sql(std::string_view mapping, std::string_view field, std::string_view column);

}  // namespace tandem::core
