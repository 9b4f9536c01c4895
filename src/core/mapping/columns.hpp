// The "columns" of a mapping definition in their three forms: an object keyed by the
// remote field, an array, or null for everything that matches by name.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "core/mapping/mapping.hpp"

namespace tandem::core {

struct ReadColumns {
  std::vector<ColumnMapping> columns;
  std::vector<ChildTable> children;
};
// `path`: where they stand, for findings.
ReadColumns read_columns(const base::Json& columns, const std::string& path, Findings& findings);
// Every discovered field whose snake-case name is a column of the target.
std::vector<ColumnMapping> columns_by_name(const Target& target, const std::vector<RemoteField>& discovered,
                                           const std::string& list_fields_sql, Findings& findings);
// SELECT * FROM tandem.list_fields('crm', 'contacts');
[[nodiscard]] std::string list_fields_sql(const Api& api, const std::string& object);

}  // namespace tandem::core
