// Mappings that another one has to do with: those that write to its table too, those that refer to it.
#pragma once

#include <string>
#include <vector>

#include "pg/sql.hpp"
#include "store/mappings.hpp"

namespace tandem::store {

// Other mappings of the tenant that write to the table of `row`; if `deletes` is false, those of them that delete.
// One of the same object is `row` itself under its former name.
[[nodiscard]] std::vector<std::string> mates_on_table(pg::Sql& sql, const MappingRow& row, bool deletes);
// Other mappings of the tenant with a reference to `row`.
[[nodiscard]] std::vector<std::string> mappings_referring_to(pg::Sql& sql, const MappingRow& row);

}  // namespace tandem::store
