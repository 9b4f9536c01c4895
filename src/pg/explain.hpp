// EXPLAIN of statements that are planned with choices of their own: Sql::explain knows
// those of run() and run_by_index(), this the third.
#pragma once

#include <string_view>

#include "pg/sql.hpp"

namespace tandem::pg {

// An EXPLAIN of a statement as run_by_index_and_hash() would plan it. Throws Error.
[[nodiscard]] Rows explain_by_index_and_hash(Sql& sql, std::string_view explain);

}  // namespace tandem::pg
