// The SQL in a mapping's columns looked at when it is written: expressions, functions and
// lookups have to exist, be allowed to the owner and fit their column. Their names are
// resolved as the author's search_path has them and written down qualified.
#pragma once

#include "base/json.hpp"
#include "core/mapping/finding.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// `columns` as they stand in a sound definition (object or array); gives them back with every name qualified.
[[nodiscard]] base::Json resolve_transforms(pg::Sql& sql, const pg::Table& table, pg::Oid owner,
                                            const base::Json& columns, core::Findings& findings);

}  // namespace tandem::store
