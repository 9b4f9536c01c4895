#include "store/conflicts.hpp"

namespace tandem::store {

void record_conflicts(pg::Sql& sql, const RunSpec& spec, const std::vector<FoundConflict>& conflicts) {
  for (const FoundConflict& found : conflicts)  // few: each waits for a person
    sql.engine(R"(
      INSERT INTO tandem._conflict AS c (tenant_id, mapping_id, run, origin_id, key, base, local, remote, columns)
      VALUES ($1, $2, $3, $4, $5::jsonb, nullif($6, '')::jsonb, nullif($7, '')::jsonb,
              nullif($8, '')::jsonb, $9)
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
      "SELECT mapping_id, origin_id, key::text, coalesce(local::text, ''), coalesce(remote::text, '')"
      " FROM tandem._conflict WHERE tenant_id = $1 AND conflict = $2 AND resolved_at IS NULL FOR UPDATE",
      {tenant_id, conflict});
  if (rows.empty()) return std::nullopt;
  OpenConflict found{rows.integer(0, 0), rows.text(0, 1), rows.text(0, 2), rows.text(0, 3), rows.text(0, 4), {}};
  found.columns = sql.engine("SELECT unnest(columns) FROM tandem._conflict WHERE conflict = $1", {conflict}).texts(0);
  return found;
}

void decide_conflict(pg::Sql& sql, std::int64_t conflict, std::string_view choice, bool sent) {
  sql.engine(R"(
    WITH decided AS (
      UPDATE tandem._conflict SET resolved_at = now(), resolved_by = session_user, choice = $2 WHERE conflict = $1 RETURNING *),
    dropped AS (
      DELETE FROM tandem._outbox_item i USING decided d
       WHERE i.mapping_id = d.mapping_id AND i.key = d.key AND i.state IN ('p', 'f') AND NOT $3)
    UPDATE tandem._contract c
       SET base = d.remote, deleted_at = CASE WHEN d.remote IS NULL THEN coalesce(c.deleted_at, now()) ELSE c.deleted_at END
      FROM decided d WHERE c.mapping_id = d.mapping_id AND c.origin_id = d.origin_id)",
             {conflict, choice, sent});
}

}  // namespace tandem::store
