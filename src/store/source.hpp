// The rows of a mapping's source_query as if they were a table's: what reads local rows and
// checks mappings need not know the difference. Read as whoever is the current user, and
// nothing can be changed by reading them.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// Whether the mapping of this definition sends the rows of a query.
[[nodiscard]] bool has_source(const base::Json& definition);
// Where the rows of a mapping that pushes come from: `target` itself, or the query that its definition says instead,
// with the columns of source_key for its primary key. Throws Failure where the query cannot be used.
[[nodiscard]] pg::Table source_of(pg::Sql& sql, pg::Table target, const base::Json& definition);
// Also runs it, for no rows: the current user may read what it reads.
void try_source(pg::Sql& sql, const pg::Table& source);

// What stands behind FROM: the table's name, or its query in parentheses.
[[nodiscard]] std::string rows_of(const pg::Table& table);
// How the columns of a key are compared, as SQL writes it: as the index over them does, where there is one.
[[nodiscard]] std::vector<std::string> key_equality(const pg::Table& table, const std::vector<std::string>& key);

}  // namespace tandem::store
