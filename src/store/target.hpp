// The local table of a mapping: what the catalogs say about it in the words of core,
// whether it can be a target at all, and whether a role may write it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

[[nodiscard]] core::Target target_of(const pg::Table& table);

// Tables and partitioned tables that last and are not the system's or ours. nullopt: it can.
[[nodiscard]] std::optional<base::Error> target_problem(const pg::Table& table);
// The same of a table whose changes are sent; a foreign table will do.
[[nodiscard]] std::optional<base::Error> source_problem(const pg::Table& table);
// The same of what the rows of a source_query are about; a view will do, too.
[[nodiscard]] std::optional<base::Error> compared_problem(const pg::Table& table);
// Why `owner` may not have the changes of the table captured, which takes a trigger on it, or may not read its rows.
[[nodiscard]] std::optional<base::Error> capture_problem(const pg::Table& table, pg::Oid owner);
// What `owner` lacks on the table, of SELECT, INSERT, UPDATE, DELETE where that is needed, and USAGE on its schema: an
// error with the GRANT to paste.
[[nodiscard]] std::optional<base::Error> privilege_problem(const pg::Table& table, pg::Oid owner, bool deletes);
// The same for a table that is only looked at.
[[nodiscard]] std::optional<base::Error> read_problem(const pg::Table& table, pg::Oid owner);
// What the caller itself may read of a table: with a missing privilege, or where it is gone, none of it.
enum class Readable { none, some, all };
[[nodiscard]] Readable readable(pg::Sql& sql, pg::Oid table);
// Why no worker may act as this role (it is gone, cannot log in, is a superuser): an error with the remedy.
[[nodiscard]] std::optional<base::Error> owner_problem(pg::Oid owner, std::string_view owner_name);

// The relation of that name as the caller's search_path sees it, or 42P01-like failure.
[[nodiscard]] pg::Oid resolve_target(pg::Sql& sql, std::string_view name);

}  // namespace tandem::store
