// What the database does of "to_remote" (lookups, functions, expressions), put on the texts of
// local rows, as the mapping's owner. A row whose value makes the SQL fail is a fault of its
// own; the others go on.
#pragma once

#include <vector>

#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/local_rows.hpp"
#include "store/transform_sql.hpp"

namespace tandem::store {

// `rows`: the texts of the push columns, then, where the plan wants it, that of the whole row; nullopt: there is none.
// Those of the plan's columns are replaced by JSON text. `record` of a fault is the position of its row.
[[nodiscard]] std::vector<core::RowFault> compute_out_values(pg::Sql& sql, const OutComputePlan& plan,
                                                             std::vector<std::optional<Texts>>& rows);

}  // namespace tandem::store
