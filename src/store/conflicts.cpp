#include "store/conflicts.hpp"

#include "base/json.hpp"

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

}  // namespace tandem::store
