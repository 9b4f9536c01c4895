// What the engine keeps of one synced row: its contract and the runs that may have written
// it, what of it is on its way out, a conflict. For explain_row.
#pragma once

#include <string>
#include <vector>

#include "core/mapping/column_origin.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/local_rows.hpp"
#include "store/mappings.hpp"

namespace tandem::store {

// A row of a mapped table as the caller sees it.
struct KnownRow {
  std::string key;                       // the row key: {"id": "5"}
  Texts match;                           // of the mapping's match columns
  std::vector<core::RowColumn> columns;  // all of the table
};

// The row whose values of the columns of one unique key of the table are given, read as the caller. Failure: they are
// no key, there is no such row, or the caller does not see it.
[[nodiscard]] KnownRow find_row(pg::Sql& sql, const pg::Table& table, const core::Mapping& mapping,
                                const std::vector<std::string>& row_key, const std::string& given);

[[nodiscard]] core::RowHistory row_history(pg::Sql& sql, const MappingRow& row, const pg::Table& table,
                                           const core::Mapping& mapping, const KnownRow& known);

}  // namespace tandem::store
