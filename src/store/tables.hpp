// Making a table for an object, as the caller, under a name the caller gave.
#pragma once

#include <string>
#include <string_view>

#include "pg/sql.hpp"
#include "pg/types.hpp"

namespace tandem::store {

// `name` as a person types it ("crm.contacts"); `columns`: the inside of the parentheses. Raises what CREATE TABLE
// raises.
[[nodiscard]] pg::Oid create_table(pg::Sql& sql, std::string_view name, std::string_view columns);

}  // namespace tandem::store
