// The triggers that capture changes of one table: which there have to be, which there are, and the commands between the
// two. Statements are captured as a whole, with their transition tables, where the table is always written by name.
// Rows one by one where it is not: partitions, inherited tables, what logical replication applies; and foreign tables.
#pragma once

#include <string>
#include <vector>

#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// What has to be run, as somebody who owns the table; empty: all is as it should be. `wanted`: it is captured at all.
[[nodiscard]] std::vector<std::string> trigger_commands(pg::Sql& sql, const pg::Table& table, bool wanted,
                                                        bool replicated);
// Runs them. Whoever may make mappings need not have been granted the trigger function as well.
void run_trigger_commands(pg::Sql& sql, const std::vector<std::string>& commands);

}  // namespace tandem::store
