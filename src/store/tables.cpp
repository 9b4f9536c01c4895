#include "store/tables.hpp"

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/catalog.hpp"

namespace tandem::store {

namespace {

// Split as Postgres splits names, quoted as it quotes them.
std::string quoted_name(pg::Sql& sql, std::string_view name) {
  const pg::Rows parts =
      sql.engine("SELECT p FROM unnest(parse_ident($1)) WITH ORDINALITY AS u (p, n) ORDER BY n", {name});
  std::vector<std::string> quoted;
  for (std::size_t i = 0; i < parts.size(); ++i) quoted.push_back(pg::quote_identifier(parts.text(i, 0)));
  if (quoted.empty() || quoted.size() > 2)
    throw base::Failure(base::Errc::invalid_parameter, base::strcat("\"", name, "\" is not the name of a table"), {},
                        "Write it as schema.table or table.");
  return base::join(quoted, ".");
}

}  // namespace

pg::Oid create_table(pg::Sql& sql, std::string_view name, std::string_view columns) {
  const std::string quoted = quoted_name(sql, name);
  sql.run(base::strcat("CREATE TABLE ", quoted, " (", columns, ")"));
  const pg::Rows made = sql.run("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", {std::string_view(quoted)});
  return static_cast<pg::Oid>(made.integer(0, 0));
}

}  // namespace tandem::store
