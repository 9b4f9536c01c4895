#include "store/target.hpp"

#include "base/strings.hpp"
#include "pg/settings.hpp"

namespace tandem::store {

using base::Errc;
using base::Error;

core::Target target_of(const pg::Table& table) {
  core::Target target;
  target.name = table.quoted;
  target.kind = table.kind;
  for (const pg::TableColumn& c : table.columns) {
    target.columns.push_back({.name = c.name,
                              .type = c.conversion,
                              .not_null = c.not_null,
                              .has_default = c.has_default || c.identity != '\0',
                              .generated = c.generated,
                              .identity_always = c.identity == 'a'});
  }
  for (const pg::UniqueKey& k : table.unique_keys) target.unique_keys.push_back({k.index, k.columns, k.primary});
  for (const pg::ForeignKey& k : table.foreign_keys)
    target.foreign_keys.push_back({k.name, k.referenced, k.columns, k.referenced_columns, k.cascades});
  return target;
}

namespace {

std::optional<Error> permanence_problem(const pg::Table& table) {
  if (table.temporary) {
    return Error{Errc::wrong_object_type, base::strcat("table ", pg::quote_identifier(table.name), " is temporary"),
                 "Only your session sees it; the worker that writes the rows is another one."};
  }
  if (table.schema == "tandem" || table.schema == "pg_catalog" || table.schema == "information_schema") {
    return Error{Errc::wrong_object_type,
                 base::strcat(table.quoted, " is a system table"),
                 {},
                 "SELECT * FROM tandem.mappable_tables;"};
  }
  return std::nullopt;
}

std::optional<Error> schema_problem(const pg::Table& table, pg::Oid owner) {
  if (pg::may_use_schema(owner, table.schema)) return std::nullopt;
  const std::string role = pg::quote_identifier(pg::role_name(owner));
  return Error{Errc::insufficient_privilege,
               base::strcat("role ", role, " lacks USAGE on schema ", pg::quote_identifier(table.schema)),
               {},
               base::strcat("GRANT USAGE ON SCHEMA ", pg::quote_identifier(table.schema), " TO ", role, ";")};
}

}  // namespace

std::optional<Error> target_problem(const pg::Table& table) {
  if (table.kind != 'r' && table.kind != 'p') {
    return Error{Errc::wrong_object_type, base::strcat(table.quoted, " is not a table"),
                 "Only tables and partitioned tables can be mapped.", "SELECT * FROM tandem.mappable_tables;"};
  }
  return permanence_problem(table);
}

std::optional<Error> source_problem(const pg::Table& table) {
  if (table.kind != 'r' && table.kind != 'p' && table.kind != 'f') {
    const bool view = table.kind == 'v' || table.kind == 'm';
    return Error{Errc::wrong_object_type,
                 base::strcat(table.quoted, view ? " is a view, whose changes cannot be captured" : " is not a table"),
                 "Changes are captured of tables, partitioned tables and foreign tables.",
                 view ? base::strcat("To compare its rows with what was sent last: \"options\": {\"source_query\": "
                                     "\"SELECT * FROM ",
                                     table.quoted, "\", \"source_key\": [\"id\"]}")
                      : "SELECT * FROM tandem.mappable_tables;"};
  }
  return permanence_problem(table);
}

std::optional<Error> compared_problem(const pg::Table& table) {
  if (std::string_view("rpfvm").find(table.kind) == std::string_view::npos)
    return Error{Errc::wrong_object_type, base::strcat(table.quoted, " is neither a table nor a view"),
                 "The target of a mapping with source_query is the table or view that its rows are about.",
                 "SELECT * FROM tandem.mappable_tables;"};
  return permanence_problem(table);
}

std::optional<Error> capture_problem(const pg::Table& table, pg::Oid owner) {
  if (auto problem = read_problem(table, owner)) return problem;
  if (pg::has_role(owner, table.owner)) return std::nullopt;
  const std::string role = pg::quote_identifier(pg::role_name(owner));
  return Error{Errc::insufficient_privilege, base::strcat("role ", role, " does not own table ", table.quoted),
               "Its changes are captured by a trigger, which only its owner can make.",
               base::strcat("ALTER TABLE ", table.quoted, " OWNER TO ", role, "; or GRANT ",
                            pg::quote_identifier(pg::role_name(table.owner)), " TO ", role, ";")};
}

std::optional<Error> read_problem(const pg::Table& table, pg::Oid owner) {
  if (auto problem = schema_problem(table, owner)) return problem;
  if (pg::has_table_privilege(owner, table.oid, "SELECT")) return std::nullopt;
  const std::string role = pg::quote_identifier(pg::role_name(owner));
  return Error{Errc::insufficient_privilege, base::strcat("role ", role, " lacks SELECT on table ", table.quoted),
               "The owner of a mapping looks up what its records refer to with its own rights.",
               base::strcat("GRANT SELECT ON ", table.quoted, " TO ", role, ";")};
}

Readable readable(pg::Sql& sql, pg::Oid table) {
  const pg::Rows rows = sql.run(
      "SELECT pg_catalog.has_table_privilege(c.oid, 'SELECT')"
      " AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE'), pg_catalog.row_security_active(c.oid)"
      " FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) $1",
      {pg::Param::oid(table)});
  if (rows.empty() || !rows.boolean(0, 0)) return Readable::none;
  return rows.boolean(0, 1) ? Readable::some : Readable::all;
}

std::optional<Error> privilege_problem(const pg::Table& table, pg::Oid owner, bool deletes) {
  if (auto problem = schema_problem(table, owner)) return problem;
  const std::string role = pg::quote_identifier(pg::role_name(owner));
  std::vector<std::string> missing;
  for (const char* privilege : {"SELECT", "INSERT", "UPDATE", "DELETE"}) {
    if (!deletes && std::string_view(privilege) == "DELETE") continue;
    if (!pg::has_table_privilege(owner, table.oid, privilege)) missing.emplace_back(privilege);
  }
  if (missing.empty()) return std::nullopt;
  const std::string list = base::join(missing, ", ");
  return Error{Errc::insufficient_privilege, base::strcat("role ", role, " lacks ", list, " on table ", table.quoted),
               "The owner of a mapping writes its rows with its own rights.",
               base::strcat("GRANT ", list, " ON ", table.quoted, " TO ", role, ";")};
}

std::optional<Error> owner_problem(pg::Oid owner, std::string_view owner_name) {
  const std::string role = pg::quote_identifier(owner_name);
  if (pg::role_name(owner).empty()) {
    return Error{
        Errc::prerequisite,
        base::strcat("role ", role, " that owned the mapping does not exist any more"),
        {},
        "Take the line that tandem.export_mapping(...) gives, drop the mapping, and run the line as the new owner."};
  }
  if (pg::is_superuser(owner) && !pg::settings().allow_superuser_mappings) {
    return Error{Errc::insufficient_privilege, base::strcat("role ", role, " is a superuser and may not own mappings"),
                 "The table's triggers and casts would run with all rights.",
                 "SET ROLE to the role that owns the table; or, if you must: ALTER SYSTEM SET "
                 "tandem.allow_superuser_mappings = on; "
                 "SELECT pg_reload_conf();"};
  }
  if (!pg::role_can_login(owner)) {
    return Error{Errc::prerequisite, base::strcat("role ", role, " cannot log in, so no worker can act for it"),
                 "A worker's session is connected as the mapping's owner; no password is needed.",
                 base::strcat("ALTER ROLE ", role, " LOGIN;")};
  }
  return std::nullopt;
}

pg::Oid resolve_target(pg::Sql& sql, std::string_view name) {
  // As the caller, so that the caller's search_path decides; to_regclass reads catalogs only.
  const pg::Rows rows = sql.run("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", {name});
  if (rows.is_null(0, 0)) {
    throw base::Failure(Errc::undefined_object, base::strcat("table \"", name, "\" does not exist"), {},
                        "SELECT * FROM tandem.mappable_tables;");
  }
  return static_cast<pg::Oid>(rows.integer(0, 0));
}

}  // namespace tandem::store
