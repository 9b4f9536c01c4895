#include "store/conflicts.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"

namespace tandem::store {

void record_conflicts(pg::Sql& sql, const RunSpec& spec, const std::vector<FoundConflict>& conflicts) {
  for (const FoundConflict& found : conflicts)  // few: each waits for a person
    sql.engine(R"(
      INSERT INTO tandem._conflict AS c (tenant_id, mapping_id, run, origin_id, key, base, local, remote, columns)
      VALUES ($1, $2, $3, $4, $5::jsonb, nullif($6, '')::jsonb, $7::jsonb, $8::jsonb, $9)
      ON CONFLICT (mapping_id, key) WHERE resolved_at IS NULL
      DO UPDATE SET run = excluded.run, origin_id = excluded.origin_id, base = excluded.base, local = excluded.local,
                    remote = excluded.remote, columns = excluded.columns)",
               {spec.tenant_id, spec.mapping_id, spec.run, found.origin_id, found.key, found.base, found.local,
                found.remote, found.columns});
}

void close_conflicts(pg::Sql& sql, std::int64_t mapping_id, const std::vector<std::string>& keys) {
  if (!keys.empty())
    sql.engine(
        "UPDATE tandem._conflict SET resolved_at = now(), resolved_by = session_user, choice = 'gone'"
        " WHERE mapping_id = $1 AND resolved_at IS NULL AND key = ANY ($2::text[]::jsonb[])",
        {mapping_id, keys});
}

std::optional<OpenConflict> open_conflict(pg::Sql& sql, std::int64_t tenant_id, std::int64_t conflict) {
  const pg::Rows rows = sql.engine(
      "SELECT mapping_id, origin_id, key::text, local::text, remote::text FROM tandem._conflict"
      " WHERE tenant_id = $1 AND conflict = $2 AND resolved_at IS NULL FOR UPDATE",
      {tenant_id, conflict});
  if (rows.empty()) return std::nullopt;
  OpenConflict found{rows.integer(0, 0), rows.text(0, 1), rows.text(0, 2), rows.text(0, 3), rows.text(0, 4), {}};
  found.columns = sql.engine("SELECT unnest(columns) FROM tandem._conflict WHERE conflict = $1", {conflict}).texts(0);
  return found;
}

void decide_conflict(pg::Sql& sql, std::int64_t conflict, std::string_view choice) {
  sql.engine(R"(
    WITH decided AS (
      UPDATE tandem._conflict SET resolved_at = now(), resolved_by = session_user, choice = $2 WHERE conflict = $1 RETURNING *),
    dropped AS (
      DELETE FROM tandem._outbox_item i USING decided d
       WHERE i.mapping_id = d.mapping_id AND i.key = d.key AND i.state IN ('p', 'f') AND $2 = 'remote')
    UPDATE tandem._contract c SET base = d.remote
      FROM decided d WHERE c.mapping_id = d.mapping_id AND c.origin_id = d.origin_id)",
             {conflict, choice});
}

bool write_decided(pg::Sql& sql, const pg::Table& table, const std::string& key, const std::string& values) {
  std::vector<std::string> assignments, same;
  const base::Json given = base::Json::parse(values).value(), row = base::Json::parse(key).value();
  base::Json all = given;
  for (const auto& [name, value] : given.members())
    assignments.push_back(base::strcat(pg::quote_identifier(name), " = v.", pg::quote_identifier(name)));
  for (const auto& [name, value] : row.members()) {
    all.set(name, value);
    for (const pg::UniqueKey& unique : table.unique_keys)
      if (const auto at = std::ranges::find(unique.columns, name); at != unique.columns.end()) {
        const std::string& equals = unique.equals[static_cast<std::size_t>(at - unique.columns.begin())];
        same.push_back(base::strcat("t.", pg::quote_identifier(name), " ", equals, " v.", pg::quote_identifier(name)));
        break;
      }
  }
  return sql.run(base::strcat("UPDATE ", table.quoted, " t SET ", base::join(assignments, ", "),
                              " FROM (SELECT (pg_catalog.jsonb_populate_record(NULL::", table.quoted,
                              ", $1::pg_catalog.jsonb)).*) v WHERE ", base::join(same, " AND ")),
                 {all.dump()})
             .processed() > 0;
}

}  // namespace tandem::store
