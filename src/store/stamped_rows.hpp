// Rows that are stamped with a name: another name is another key, under which no run would
// find them. Asked before a mapping or a connection is given another name.
#pragma once

#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "pg/sql.hpp"
#include "store/mappings.hpp"

namespace tandem::store {

// `what`, "mapping" or "connection": whose name changes. Looks at the table as the caller. nullopt: nothing is stamped
// with it, or no such row is left and no run would make one.
[[nodiscard]] std::optional<base::Error> rename_problem(pg::Sql& sql, const MappingRow& mapping, std::string_view what,
                                                        std::string_view name, std::string_view new_name);

}  // namespace tandem::store
