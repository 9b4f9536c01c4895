// Databases of the cluster as the launcher sees them, and who may order one about.
#pragma once

#include <string>
#include <vector>

#include "pg/types.hpp"

namespace tandem::pg {

// Those that can be connected to and are no templates. Needs a transaction; works without a database.
[[nodiscard]] std::vector<Oid> list_databases();
// "" when there is none. Needs a transaction.
[[nodiscard]] std::string name_of_database(Oid database);
// The current user owns the current database or is superuser. Needs a transaction.
[[nodiscard]] bool owns_current_database();
// The current user may read everybody's statistics (pg_monitor). Needs a transaction.
[[nodiscard]] bool may_monitor();

}  // namespace tandem::pg
