#include "store/source_comparison.hpp"

#include <vector>

#include "pg/scopes.hpp"
#include "pg/type_oids.hpp"
#include "store/deletes.hpp"
#include "store/outbox_items.hpp"

namespace tandem::store {

namespace {

using Columns = std::vector<pg::StagedColumn>;

Columns source_columns() {
  return {{"key", pg::kJsonbType, -1, pg::kInvalidOid}, {"hash", pg::kInt8Type, -1, pg::kInvalidOid}};
}

Columns difference_columns() {
  return {{"key", pg::kJsonbType, -1, pg::kInvalidOid},
          {"op", pg::kTextType, -1, pg::kDefaultCollation},
          {"hash", pg::kInt8Type, -1, pg::kInvalidOid},
          {"n", pg::kInt8Type, -1, pg::kInvalidOid}};
}

// i new, u changed, d gone, n without a key, x several rows of one key.
constexpr std::string_view kCompare = R"(
  SELECT coalesce(s.key, c.key),
         CASE WHEN s.n IS NULL THEN 'd' WHEN s.key IS NULL THEN 'n' WHEN s.n > 1 THEN 'x' WHEN c.key IS NULL THEN 'i' ELSE 'u' END,
         s.hash, s.n
    FROM (SELECT key, min(hash) # $2 AS hash, count(*) AS n FROM tandem_source GROUP BY key) s
    FULL JOIN (SELECT local_key AS key, hash FROM tandem._contract
                WHERE mapping_id = $1 AND local_key IS NOT NULL AND deleted_at IS NULL) c ON c.key = s.key
   WHERE CASE WHEN s.n IS NULL THEN $3 = 1 ELSE s.n > 1 OR c.key IS NULL OR s.hash <> c.hash END)";

constexpr const char* kPutItems = R"(
  INSERT INTO tandem._outbox_item AS i
         (tenant_id, mapping_id, key, op, version, seq, txid, captured_at, changed_at, row_hash)
  SELECT $1, $2, d.key, d.op::"char", $3, $3, '0', clock_timestamp(), clock_timestamp(), d.hash
    FROM (SELECT key, min(op) AS op, max(hash) AS hash FROM tandem_difference WHERE op IN ('i', 'u') GROUP BY key
           UNION ALL
          (SELECT key, 'd', NULL FROM tandem_difference WHERE op = 'd' GROUP BY key ORDER BY key LIMIT $4)) d
  ON CONFLICT (mapping_id, key) DO UPDATE
     SET op = excluded.op, version = excluded.version, txid = excluded.txid, row_hash = excluded.row_hash, changed = NULL,
         changed_at = excluded.changed_at, state = 'p', waits_for = NULL,
         attempts = CASE i.state WHEN 'f' THEN 0 ELSE i.attempts END,
         not_before = CASE i.state WHEN 'f' THEN NULL ELSE i.not_before END
   WHERE i.state IN ('p', 'f') AND (i.op, i.row_hash) IS DISTINCT FROM (excluded.op, excluded.row_hash))";

// What was refused, and is as the other side has it by now: looked at once more, it is dropped.
constexpr const char* kReopenSettled = R"(
  UPDATE tandem._outbox_item i SET state = 'p', attempts = 0, not_before = NULL, waits_for = NULL
   WHERE i.mapping_id = $1 AND i.state = 'f' AND NOT EXISTS (SELECT FROM tandem_difference d WHERE d.key = i.key))";

constexpr const char* kHoldBack = R"(
  INSERT INTO tandem._pending_delete (mapping_id, origin_id, local_key, run)
  SELECT c.mapping_id, c.origin_id, c.local_key, $2
    FROM (SELECT key FROM tandem_difference WHERE op = 'd' GROUP BY key ORDER BY key OFFSET $3) d
    JOIN tandem._contract c ON c.mapping_id = $1 AND c.local_key = d.key AND c.deleted_at IS NULL
     AND jsonb_hash_extended(c.local_key, 0) = jsonb_hash_extended(d.key, 0)
  ON CONFLICT (mapping_id, origin_id) DO UPDATE SET run = excluded.run)";

}  // namespace

SourceComparison::SourceComparison(pg::Sql& sql, const LocalRowPlan& rows, const RunSpec& spec, bool deletes)
    : sql_(sql), spec_(spec), difference_(sql, "tandem_difference", difference_columns()) {
  compare(rows, deletes);
  count();
}

void SourceComparison::compare(const LocalRowPlan& rows, bool deletes) {
  pg::StagedPage source(sql_, "tandem_source", source_columns());
  {
    pg::StagedPage all(sql_, kFoundRows, rows.all_found);
    {
      const pg::ReadOnly read_only;
      all.append_query(rows.all);
    }
    all.ready();
    const pg::Printing printing;
    source.append_query(rows.identify);
  }
  source.ready();
  found_.rows = static_cast<std::int64_t>(source.rows());
  difference_.append_engine_query(kCompare, {spec_.mapping_id, spec_.definition_version, deletes ? 1 : 0});
  difference_.ready();
}

void SourceComparison::count() {
  const pg::Rows rows = sql_.engine(R"(
    SELECT count(*) FILTER (WHERE op = 'i'), count(*) FILTER (WHERE op = 'u'), count(DISTINCT key) FILTER (WHERE op = 'd'),
           coalesce(sum(n) FILTER (WHERE op = 'n'), 0)::bigint, count(*) FILTER (WHERE op = 'x'),
           min(key::text) FILTER (WHERE op = 'x')
      FROM tandem_difference)");
  found_.added = rows.integer(0, 0);
  found_.changed = rows.integer(0, 1);
  found_.removed = rows.integer(0, 2);
  found_.keyless = rows.integer(0, 3);
  found_.repeated = rows.integer(0, 4);
  found_.example = rows.text_or_null(0, 5);
  found_.live = count_live(sql_, spec_.mapping_id);
}

void SourceComparison::put(std::int64_t removes) {
  sql_.engine("DELETE FROM tandem._pending_delete WHERE mapping_id = $1", {spec_.mapping_id});  // this run knows better
  if (removes < found_.removed) sql_.engine(kHoldBack, {spec_.mapping_id, spec_.run, removes});
  if (found_.added + found_.changed + removes > 0)
    sql_.engine(kPutItems, {spec_.tenant_id, spec_.mapping_id, next_version(sql_), removes});
  sql_.engine(kReopenSettled, {spec_.mapping_id});
  sql_.engine(R"(
    UPDATE tandem._mapping SET compared_at = now(), compared_new = $2, compared_changed = $3, compared_removed = $4
     WHERE mapping_id = $1)",
              {spec_.mapping_id, found_.added, found_.changed, found_.removed});
}

}  // namespace tandem::store
