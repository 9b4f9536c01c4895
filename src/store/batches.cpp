#include "store/batches.hpp"

#include <algorithm>
#include <map>

#include "base/strings.hpp"
#include "store/outbox_items.hpp"

namespace tandem::store {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

constexpr std::string_view kElements = " jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e (v, n) ";

// As kPut of outbox_items does it; the record grows by what is given.
constexpr const char* kPut = R"(
  WITH given AS (
    SELECT r.position, e.v,
           CASE WHEN r.known <> '' THEN jsonb_build_object('$record', r.known::jsonb)
                ELSE jsonb_build_object('$batch', $3::text, '$record', r.position::text) END AS key,
           nullif(r.known, '')::jsonb AS was,
           ARRAY(SELECT a.number::int2 FROM jsonb_object_keys(e.v) AS k (name) JOIN unnest($6, $7) AS a (name, number) USING (name)
                  ORDER BY a.number) AS changed
      FROM unnest($4, $5) AS r (position, known)
      JOIN jsonb_array_elements($8::jsonb) WITH ORDINALITY AS e (v, n) ON e.n = r.position),
  put AS (
    INSERT INTO tandem._outbox_item AS i
           (tenant_id, mapping_id, key, was, op, version, seq, txid, changed, captured_at, changed_at, batch, record)
    SELECT $1, $2, g.key, g.was, 'u', $9, $9, pg_current_xact_id(), g.changed, clock_timestamp(), clock_timestamp(), $3, g.v
      FROM given g
    ON CONFLICT (mapping_id, key) DO UPDATE
       SET was = excluded.was, version = excluded.version, txid = excluded.txid, batch = excluded.batch,
           seq = CASE WHEN i.version IS NOT DISTINCT FROM i.sent_version THEN excluded.seq ELSE i.seq END,
           captured_at = CASE WHEN i.version IS NOT DISTINCT FROM i.sent_version THEN excluded.captured_at ELSE i.captured_at END,
           changed = i.changed || excluded.changed, changed_at = excluded.changed_at,
           record = coalesce(i.record, '{}') || excluded.record,
           state = CASE i.state WHEN 'f' THEN 'p' ELSE i.state END, attempts = CASE i.state WHEN 'f' THEN 0 ELSE i.attempts END,
           not_before = CASE i.state WHEN 'f' THEN NULL ELSE i.not_before END, waits_for = NULL
    RETURNING i.item, i.key)
  INSERT INTO tandem._batch_record (batch, position, item, version)
  SELECT $3, g.position, p.item, $9 FROM given g JOIN put p USING (key))";

// The records of each round identify different things.
std::vector<std::vector<std::int64_t>> rounds_of(const std::vector<std::string>& known) {
  std::vector<std::vector<std::int64_t>> rounds;
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::size_t round = known[i].empty() ? 0 : seen[known[i]]++;
    if (round == rounds.size()) rounds.emplace_back();
    rounds[round].push_back(static_cast<std::int64_t>(i));
  }
  return rounds;
}

}  // namespace

std::vector<std::string> checked_records(pg::Sql& sql, const std::string& records, std::int64_t limit,
                                         const std::vector<std::string>& columns, const std::string& mapping) {
  const std::string example = columns.empty() ? std::string("{…}") : strcat("{\"", columns.front(), "\": …}");
  if (sql.engine("SELECT jsonb_typeof($1::jsonb)", {records}).text(0, 0) != "array")
    throw Failure(Errc::invalid_parameter, "records must be a JSON array", {}, strcat("records => '[", example, "]'"));
  const pg::Rows all =
      sql.engine(strcat("SELECT e.v::text, jsonb_typeof(e.v) FROM", kElements, "ORDER BY e.n"), {records});
  if (static_cast<std::int64_t>(all.size()) > limit)
    throw Failure(Errc::limit_exceeded,
                  strcat("a batch has at most ", limit, " records, and this one has ", all.size()), {},
                  "Hand them over in several batches.");
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all.text(i, 1) != "object" || all.text(i, 0) == "{}")
      throw Failure(Errc::invalid_parameter,
                    strcat("record ", i + 1, all.text(i, 1) == "object" ? " has no column" : " is not an object"),
                    "Nothing of the batch was taken.", strcat("records => '[", example, "]'"));
  const pg::Rows unknown =
      sql.engine(strcat("SELECT k.name, e.n FROM", kElements,
                        ", jsonb_object_keys(CASE jsonb_typeof(e.v) WHEN 'object' THEN e.v END) AS k (name)"
                        " WHERE k.name <> ALL ($2) ORDER BY e.n, k.name LIMIT 1"),
                 {records, columns});
  if (!unknown.empty())
    throw Failure(
        Errc::undefined_column,
        strcat("record ", unknown.integer(0, 1), ": ", unknown.text(0, 0), " is no column of mapping ", mapping),
        "Nothing of the batch was taken.", strcat("Its columns are ", base::join(columns, ", "), "."));
  return all.texts(0);
}

std::vector<std::string> members_of_record(pg::Sql& sql, const std::string& record) {
  return sql.engine("SELECT jsonb_build_object(e.key, e.value)::text FROM jsonb_each($1::jsonb) e", {record}).texts(0);
}

std::int64_t take_batch(pg::Sql& sql, const HandedOver& given) {
  const std::int64_t batch =
      sql.engine("INSERT INTO tandem._batch (tenant_id, mapping_id) VALUES ($1, $2) RETURNING batch",
                 {given.tenant_id, given.mapping_id})
          .integer(0, 0);
  for (const std::vector<std::int64_t>& round : rounds_of(given.known)) {
    std::vector<std::int64_t> positions;
    std::vector<std::string> known;
    for (const std::int64_t i : round) {
      positions.push_back(i + 1);
      known.push_back(given.known[static_cast<std::size_t>(i)]);
    }
    sql.engine(kPut, {given.tenant_id, given.mapping_id, batch, positions, known, given.columns, given.numbers,
                      given.records, next_version(sql)});
  }
  return batch;
}

void forget_batches(pg::Sql& sql, std::int64_t mapping_id, std::int64_t keep) {
  sql.engine(R"(
    DELETE FROM tandem._batch b
     WHERE b.mapping_id = $1
       AND b.batch <= (SELECT o.batch FROM tandem._batch o WHERE o.mapping_id = $1 ORDER BY o.batch DESC OFFSET $2 LIMIT 1)
       AND NOT EXISTS (SELECT FROM tandem._batch_record r JOIN tandem._outbox_item i ON i.item = r.item
                        WHERE r.batch = b.batch AND r.outcome IS NULL AND i.state <> 'f'))",
             {mapping_id, keep});
}

void settle_batch_records(pg::Sql& sql, const std::vector<BatchOutcome>& outcomes) {
  if (outcomes.empty()) return;
  std::vector<std::int64_t> items, versions;
  std::vector<std::string> ids;
  for (const BatchOutcome& outcome : outcomes) {
    items.push_back(outcome.item);
    versions.push_back(outcome.version);
    ids.push_back(outcome.remote_id);
  }
  sql.engine_by_index(R"(
    UPDATE tandem._batch_record r
       SET outcome = CASE o.id WHEN '' THEN 'k' ELSE 's' END, remote_id = nullif(o.id, ''), at = clock_timestamp()
      FROM unnest($1, $2, $3) AS o (item, version, id)
     WHERE r.item = o.item AND r.version <= o.version AND r.outcome IS NULL)",
                      std::vector<pg::Param>{items, versions, ids});
}

std::optional<BatchStatus> batch_status(pg::Sql& sql, std::int64_t tenant_id, std::int64_t batch) {
  const pg::Rows rows = sql.engine(R"(
    WITH told AS (
      SELECT r.position, r.remote_id, r.at, i.key, b.mapping_id,
             CASE WHEN r.outcome = 's' THEN 'sent' WHEN r.outcome = 'k' THEN 'skipped' WHEN i.item IS NULL THEN 'discarded'
                  WHEN i.state = 'p' THEN 'pending' WHEN i.state = 'c' THEN 'sending' WHEN i.state = 'f' THEN 'failed'
                  WHEN i.not_before = 'infinity' THEN 'ambiguous' ELSE 'sending' END AS state
        FROM tandem._batch b
        JOIN tandem._batch_record r ON r.batch = b.batch
        LEFT JOIN tandem._outbox_item i ON i.item = r.item AND r.outcome IS NULL
       WHERE b.batch = $2),
    counted AS (
      SELECT count(*) AS records, count(*) FILTER (WHERE state IN ('pending', 'sending')) AS pending,
             count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'failed') AS failed,
             count(*) FILTER (WHERE state = 'ambiguous') AS ambiguous,
             count(*) FILTER (WHERE state IN ('skipped', 'discarded')) AS skipped, max(at) AS at,
             coalesce(jsonb_agg(jsonb_build_object('position', position, 'state', state, 'remote_id', remote_id, 'error', e.error)
                                ORDER BY position), '[]') AS results
        FROM told t
        LEFT JOIN LATERAL (
          SELECT jsonb_build_object('error', s.error, 'error_type', s.error_type, 'code', s.code, 'field', s.field,
                                    'message', s.message, 'retryable', s.retryable) AS error
            FROM tandem._sync_error s
           WHERE t.state IN ('failed', 'ambiguous') AND s.mapping_id = t.mapping_id AND s.origin_id = t.key::text AND s.resolved_at IS NULL
           ORDER BY s.error DESC LIMIT 1) e ON true)
    SELECT m.name, CASE WHEN c.pending > 0 THEN 'pending' WHEN c.failed + c.ambiguous = 0 THEN 'completed'
                        WHEN c.sent + c.ambiguous = 0 THEN 'failed' ELSE 'partial' END,
           c.records, c.pending, c.sent, c.failed, c.ambiguous, c.skipped, b.requested_by::text, b.requested_at,
           CASE WHEN c.pending = 0 THEN coalesce(c.at, b.requested_at) END, c.results::text
      FROM tandem._batch b JOIN tandem._mapping m ON m.mapping_id = b.mapping_id CROSS JOIN counted c
     WHERE b.tenant_id = $1 AND b.batch = $2)",
                                   {tenant_id, batch});
  if (rows.empty()) return std::nullopt;
  return BatchStatus{.mapping = rows.text(0, 0),
                     .status = rows.text(0, 1),
                     .records = rows.integer(0, 2),
                     .pending = rows.integer(0, 3),
                     .sent = rows.integer(0, 4),
                     .failed = rows.integer(0, 5),
                     .ambiguous = rows.integer(0, 6),
                     .skipped = rows.integer(0, 7),
                     .requested_by = rows.text(0, 8),
                     .requested_at = rows.instant(0, 9),
                     .completed_at = rows.instant_or_null(0, 10),
                     .results = rows.text(0, 11)};
}

}  // namespace tandem::store
