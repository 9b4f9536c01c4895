#include "store/push_contracts.hpp"

#include "base/json.hpp"

namespace tandem::store {

namespace {

std::vector<base::Instant> moments(const std::optional<std::string>& json) {
  std::vector<base::Instant> out;
  if (!json) return out;
  const base::Json list = base::Json::parse(*json).value();
  for (const base::Json& one : list.items()) out.push_back({one.integer()});
  return out;
}

}  // namespace

std::vector<std::optional<PushContract>> find_push_contracts(pg::Sql& sql, std::int64_t mapping_id,
                                                             const std::vector<ContractRef>& refs) {
  std::vector<std::int64_t> places;
  std::vector<std::string> ids, keys;
  for (std::size_t i = 0; i < refs.size(); ++i) {
    if (refs[i].origin_id.empty() && refs[i].local_key.empty()) continue;
    places.push_back(static_cast<std::int64_t>(i));
    ids.push_back(refs[i].origin_id);
    keys.push_back(refs[i].local_key);
  }
  std::vector<std::optional<PushContract>> found(refs.size());
  if (places.empty()) return found;
  // Each looks up its own, by whichever index is its: no join of all with all while the table is thought to be empty.
  const pg::Rows rows = sql.engine_by_index(R"(
    SELECT r.place, c.origin_id, c.deleted_at IS NOT NULL, c.remote_version, c.sent_hash, c.base::text, c.acknowledged_at,
           c.flips::text
      FROM unnest($2, $3, $4) AS r (place, id, key)
     CROSS JOIN LATERAL (
       SELECT * FROM tandem._contract k WHERE r.id <> '' AND k.mapping_id = $1 AND k.origin_id = r.id
        UNION ALL
       SELECT * FROM tandem._contract k
        WHERE r.id = '' AND k.mapping_id = $1 AND k.local_key = r.key::jsonb
          AND jsonb_hash_extended(k.local_key, 0) = jsonb_hash_extended(r.key::jsonb, 0)
        ORDER BY deleted_at DESC NULLS FIRST LIMIT 1) c)",
                                            std::vector<pg::Param>{mapping_id, places, ids, keys});
  for (std::size_t i = 0; i < rows.size(); ++i)
    found[static_cast<std::size_t>(rows.integer(i, 0))] = PushContract{.origin_id = rows.text(i, 1),
                                                                       .deleted = rows.boolean(i, 2),
                                                                       .remote_version = rows.text_or_null(i, 3),
                                                                       .sent_hash = rows.integer_or_null(i, 4),
                                                                       .base = rows.text_or_null(i, 5),
                                                                       .acknowledged_at = rows.instant_or_null(i, 6),
                                                                       .flips = moments(rows.text_or_null(i, 7))};
  return found;
}

void acknowledge(pg::Sql& sql, std::int64_t mapping_id, const std::vector<Acknowledged>& records) {
  if (records.empty()) return;
  std::vector<std::string> ids, keys, actions, versions, bases;
  std::vector<std::int64_t> hashes, rows;
  std::vector<std::string> made;
  for (const Acknowledged& record : records) {
    ids.push_back(record.origin_id);
    keys.push_back(record.local_key);
    actions.emplace_back(1, record.action);
    versions.push_back(record.remote_version);
    hashes.push_back(record.sent_hash);
    rows.push_back(record.row_hash);
    bases.push_back(record.base);
    if (record.action == 'c' && !record.local_key.empty()) made.push_back(record.local_key);
  }
  if (!made.empty())  // what was deleted there under another id is this row no more
    sql.engine_by_index(R"(
      DELETE FROM tandem._contract c USING unnest($2) AS r (key)
       WHERE c.mapping_id = $1 AND c.local_key = r.key::jsonb AND c.deleted_at IS NOT NULL
         AND jsonb_hash_extended(c.local_key, 0) = jsonb_hash_extended(r.key::jsonb, 0))",
                        std::vector<pg::Param>{mapping_id, made});
  // What a pull has seen of it stays: the next listing shows what became of it.
  sql.engine_by_index(R"(
    INSERT INTO tandem._contract AS c (mapping_id, origin_id, local_key, hash, last_action, remote_version, sent_hash,
                                       acknowledged_at, base, deleted_at)
    SELECT DISTINCT ON (r.id) $1, r.id, nullif(r.key, '')::jsonb, r.row, r.action::"char", nullif(r.version, ''), r.hash,
           clock_timestamp(), nullif(r.base, '')::jsonb, CASE r.action WHEN 'd' THEN now() END
      FROM unnest($2, $3, $4, $5, $6, $7, $8) AS r (id, key, action, version, hash, base, row)
    ON CONFLICT (mapping_id, origin_id) DO UPDATE
       SET last_action = excluded.last_action, changed_at = now(), created_at = coalesce(c.created_at, c.changed_at),
           local_key = coalesce(excluded.local_key, c.local_key), deleted_at = excluded.deleted_at,
           remote_version = coalesce(excluded.remote_version, c.remote_version), sent_hash = excluded.sent_hash,
           acknowledged_at = excluded.acknowledged_at, base = excluded.base,
           hash = CASE excluded.hash WHEN 0 THEN c.hash ELSE excluded.hash END)",
                      std::vector<pg::Param>{mapping_id, ids, keys, actions, versions, hashes, bases, rows});
}

void remember_rows(pg::Sql& sql, std::int64_t mapping_id, const std::vector<SeenRow>& rows) {
  if (rows.empty()) return;
  std::vector<std::string> ids;
  std::vector<std::int64_t> hashes;
  for (const SeenRow& row : rows) {
    ids.push_back(row.origin_id);
    hashes.push_back(row.hash);
  }
  sql.engine_by_index(R"(
    UPDATE tandem._contract c SET hash = r.hash FROM unnest($2, $3) AS r (id, hash)
     WHERE c.mapping_id = $1 AND c.origin_id = r.id)",
                      std::vector<pg::Param>{mapping_id, ids, hashes});
}

void remember_bases(pg::Sql& sql, std::int64_t mapping_id, const std::vector<AgreedBase>& agreed) {
  if (agreed.empty()) return;
  std::vector<std::string> ids, bases;
  for (const AgreedBase& one : agreed) {
    ids.push_back(one.origin_id);
    bases.push_back(one.base);
  }
  sql.engine_by_index(R"(
    UPDATE tandem._contract c SET base = r.base::jsonb
      FROM unnest($2, $3) AS r (id, base)
     WHERE c.mapping_id = $1 AND c.origin_id = r.id AND c.base IS DISTINCT FROM r.base::jsonb)",
                      std::vector<pg::Param>{mapping_id, ids, bases});
}

void remember_flips(pg::Sql& sql, std::int64_t mapping_id, const std::string& origin_id,
                    const std::vector<base::Instant>& flips) {
  base::Json list = base::Json::array();
  for (const base::Instant& at : flips) list.push(base::Json(at.micros));
  sql.engine("UPDATE tandem._contract SET flips = $3::jsonb WHERE mapping_id = $1 AND origin_id = $2",
             {mapping_id, origin_id, list.dump()});
}

void forget_versions(pg::Sql& sql, std::int64_t mapping_id, const std::vector<std::string>& origin_ids) {
  if (!origin_ids.empty())
    sql.engine("UPDATE tandem._contract SET remote_version = NULL WHERE mapping_id = $1 AND origin_id = ANY ($2)",
               {mapping_id, origin_ids});
}

}  // namespace tandem::store
