// What of a table, and of the rights of a mapping's owner on what belongs to it, would
// refuse rows or keep them out: read from the catalogs, each with the SQL that helps. The
// columns and keys of the mapping itself are core's to check.
#pragma once

#include <string_view>

#include "core/mapping/finding.hpp"
#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// Adds to `findings`, and says of a missing unique index (TD522) which one does not do, and why.
void check_table(pg::Sql& sql, const pg::Table& table, const core::Mapping& mapping, pg::Oid owner,
                 std::string_view owner_name, core::Findings& findings);

}  // namespace tandem::store
