#include "store/retry.hpp"

#include "base/strings.hpp"
#include "core/codes.hpp"

namespace tandem::store {

namespace {

// What can be tried at all: it is open, and there is a record.
constexpr std::string_view kTriable =
    " e.resolved_at IS NULL AND (jsonb_typeof(e.record) = 'object' OR e.record_text LIKE '{%')";

constexpr std::int64_t kMostBytes = 16 << 20;

std::int64_t retry_run(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows made = sql.engine(R"(
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by)
    SELECT tenant_id, mapping_id, owner, 'retry', 'retry', session_user FROM tandem._mapping WHERE mapping_id = $1
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING
    RETURNING run)",
                                   {mapping_id});
  if (!made.empty()) return made.integer(0, 0);
  // One that is under way may have looked for the last time: it is told to look again.
  const pg::Rows active = sql.engine(R"(
    UPDATE tandem._run SET again = status = 'running'
     WHERE mapping_id = $1 AND kind = 'retry' AND status IN ('pending', 'running')
    RETURNING run)",
                                     {mapping_id});
  return active.empty() ? retry_run(sql, mapping_id) : active.integer(0, 0);  // it ended in between
}

// `which` errors, of $1 and behind $2; parameters $3 and $4: how many, how many bytes.
FailedRecords records_of(pg::Sql& sql, std::string_view which, std::initializer_list<pg::Param> parameters) {
  const pg::Rows rows = sql.engine(base::strcat(R"(
    SELECT error, record
      FROM (SELECT error, record, sum(length(record)) OVER (ORDER BY error) - length(record) AS before
              FROM (SELECT e.error, coalesce(e.record::text, e.record_text) AS record
                      FROM tandem._sync_error e
                     WHERE )",
                                                which, " AND", kTriable, R"(
                     ORDER BY e.error LIMIT $3) e) e
     WHERE before < $4 ORDER BY error)"),
                                   parameters);
  FailedRecords out;
  out.body = "[";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.errors.push_back(rows.integer(i, 0));
    out.body += base::strcat(i == 0 ? "" : ",\n", rows.text(i, 1));
  }
  out.body += "]";
  return out;
}

}  // namespace

std::optional<std::int64_t> request_retry(pg::Sql& sql, std::int64_t mapping_id, std::optional<std::int64_t> error) {
  sql.engine("SELECT FROM tandem._mapping WHERE mapping_id = $1 FOR NO KEY UPDATE", {mapping_id});
  const std::string which = base::strcat(
      " WHERE e.mapping_id = $1 AND ($2::bigint IS NULL AND e.retryable AND e.run IS NOT NULL OR e.error = $2)"
      // of a change that was to be sent the record is a local one
      " AND NOT EXISTS (SELECT FROM tandem._run r WHERE r.run = e.run AND r.kind = 'push') AND",
      kTriable);
  if (sql.engine(base::strcat("SELECT FROM tandem._sync_error e", which, " LIMIT 1"), {mapping_id, error})
          .processed() == 0)
    return std::nullopt;
  const std::int64_t run = retry_run(sql, mapping_id);
  sql.engine(base::strcat("UPDATE tandem._sync_error e SET retry_run = $3", which), {mapping_id, error, run});
  return run;
}

FailedRecords load_failed(pg::Sql& sql, const RunSpec& spec, std::int64_t limit) {
  return records_of(sql, "e.retry_run = $1 AND e.error > $2", {spec.run, std::int64_t{0}, limit, kMostBytes});
}

void settle_retried(pg::Sql& sql, const RunSpec& spec, const Retried& retried) {
  sql.engine(
      "UPDATE tandem._sync_error SET resolved_at = now(), resolved_by = session_user, resolution_notes = $3"
      " WHERE mapping_id = $1 AND error = ANY ($2) AND resolved_at IS NULL",
      {spec.mapping_id, retried.went_in, base::strcat("the record went in with run ", spec.run)});
  // What failed in another way has been recorded as another error by now.
  sql.engine(R"(
    UPDATE tandem._sync_error e
       SET retry_run = NULL, resolved_at = CASE WHEN o.otherwise THEN now() END,
           resolved_by = CASE WHEN o.otherwise THEN session_user END,
           resolution_notes = CASE WHEN o.otherwise THEN $4 END
      FROM (SELECT x.error, x.error = ANY ($3) AND x.run IS NOT NULL AND x.last_seen_at < now() AS otherwise
              FROM tandem._sync_error x WHERE x.mapping_id = $1 AND x.error = ANY ($2) AND x.resolved_at IS NULL) o
     WHERE e.error = o.error)",
             {spec.mapping_id, retried.errors, retried.failed,
              base::strcat("the record failed otherwise with run ", spec.run)});
}

bool wake_waiting(pg::Sql& sql, const RunSpec& spec) {
  // Whoever waits for whom: this mapping's own row is locked already.
  sql.engine(R"(
    SELECT FROM tandem._mapping p JOIN tandem._mapping m ON m.tenant_id = p.tenant_id AND p.name = ANY (m.refers_to)
     WHERE m.mapping_id = $1 AND p.mapping_id <> $1 AND EXISTS (
           SELECT FROM tandem._sync_error e WHERE e.mapping_id = $1 AND e.waits_for = p.mapping_id AND e.resolved_at IS NULL)
     ORDER BY p.mapping_id FOR SHARE OF p)",
             {spec.mapping_id});
  const pg::Rows made = sql.engine(R"(
    WITH this AS (SELECT * FROM tandem._run WHERE run = $1),
    waiting AS (
      SELECT m.mapping_id
        FROM this JOIN tandem._mapping m ON m.tenant_id = this.tenant_id
       WHERE this.created + this.updated > 0 AND m.refers_to <> '{}' AND $3 = ANY (m.refers_to)
         AND EXISTS (SELECT FROM tandem._sync_error e
                      WHERE e.mapping_id = m.mapping_id AND e.waits_for = this.mapping_id AND e.resolved_at IS NULL)
      UNION
      SELECT m.mapping_id
        FROM this JOIN tandem._mapping m ON m.tenant_id = this.tenant_id
       WHERE this.created > 0
         AND EXISTS (SELECT FROM tandem._sync_error e
                      WHERE e.mapping_id = m.mapping_id AND e.code = $4 AND e.resolved_at IS NULL AND e.retryable)
         AND EXISTS (SELECT FROM pg_catalog.pg_constraint c
                      WHERE c.contype = 'f' AND c.confrelid = $2
                        AND (c.conrelid = m.target OR (m.target <> $2 AND EXISTS (
                             SELECT FROM tandem._child_table t WHERE t.mapping_id = m.mapping_id AND t.target = c.conrelid))))
      UNION
      SELECT this.mapping_id
        FROM this
       WHERE this.kind = 'pull' AND EXISTS (
         SELECT FROM tandem._sync_error e JOIN tandem._run p ON p.mapping_id = e.waits_for
          WHERE e.mapping_id = this.mapping_id AND e.resolved_at IS NULL AND p.mapping_id <> this.mapping_id
            AND p.created + p.updated > 0 AND p.completed_at >= this.started_at)),
    made AS (
      INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by, params)
      SELECT m.tenant_id, m.mapping_id, m.owner, 'retry', 'retry', session_user, '{"waiting": true}'
        FROM waiting JOIN tandem._mapping m ON m.mapping_id = waiting.mapping_id
      ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING
      RETURNING mapping_id),
    told AS (
      UPDATE tandem._run r SET again = r.status = 'running', params = r.params || '{"waiting": true}'
       WHERE r.kind = 'retry' AND r.status IN ('pending', 'running')
         AND r.mapping_id IN (SELECT mapping_id FROM waiting EXCEPT SELECT mapping_id FROM made)
      RETURNING r.mapping_id)
    SELECT mapping_id FROM made UNION ALL SELECT mapping_id FROM told)",
                                   {spec.run, pg::Param::oid(spec.target), spec.mapping, core::code::kNoParent});
  return !made.empty();
}

std::vector<WaitingRecord> waiting_records(pg::Sql& sql, const RunSpec& spec, std::int64_t after, std::int64_t limit) {
  const pg::Rows rows = sql.engine(R"(
    SELECT error, column_name, waits_for_id, waits_for FROM tandem._sync_error
     WHERE mapping_id = $1 AND waits_for IS NOT NULL AND resolved_at IS NULL AND error > $2
     ORDER BY error LIMIT $3)",
                                   {spec.mapping_id, after, limit});
  std::vector<WaitingRecord> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back({rows.integer(i, 0), rows.text(i, 1), rows.text(i, 2), rows.integer(i, 3)});
  return out;
}

void mark_for_retry(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& errors) {
  if (errors.empty()) return;
  sql.engine("UPDATE tandem._sync_error SET retry_run = $1 WHERE error = ANY ($2) AND resolved_at IS NULL",
             {spec.run, errors});
}

FailedRecords orphans(pg::Sql& sql, const RunSpec& spec, std::int64_t after, std::int64_t limit) {
  return records_of(sql, "e.mapping_id = $1 AND e.error > $2 AND e.code = $5 AND e.retryable AND e.run IS NOT NULL",
                    {spec.mapping_id, after, limit, kMostBytes, core::code::kNoParent});
}

void retry_again(pg::Sql& sql, const RunSpec& spec) {
  const std::string left = base::strcat(" FROM tandem._sync_error e WHERE e.retry_run = $1 AND", kTriable);
  const bool marked = sql.engine(base::strcat("SELECT", left, " LIMIT 1"), {spec.run}).processed() > 0;
  const bool waiting =
      sql.engine("SELECT FROM tandem._run WHERE run = $1 AND params @> '{\"waiting\": true}'", {spec.run}).processed() >
      0;
  if (!marked && !waiting) return;
  const std::int64_t run = retry_run(sql, spec.mapping_id);
  if (waiting) sql.engine("UPDATE tandem._run SET params = '{\"waiting\": true}' WHERE run = $1", {run});
  sql.engine("UPDATE tandem._sync_error SET retry_run = $2 WHERE retry_run = $1 AND resolved_at IS NULL",
             {spec.run, run});
}

}  // namespace tandem::store
