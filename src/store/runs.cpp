#include "store/runs.hpp"

#include "base/strings.hpp"
#include "store/our_run.hpp"
#include "store/run_order.hpp"

namespace tandem::store {

using base::strcat;

namespace {

base::Json json_of(const std::string& text) { return base::Json::parse(text).value(); }

std::optional<base::Json> json_or_null(const pg::Rows& rows, std::size_t row, std::size_t column) {
  const auto text = rows.text_or_null(row, column);
  return text ? std::optional(json_of(*text)) : std::nullopt;
}

std::optional<std::string> dump(const std::optional<base::Json>& json) {
  return json ? std::optional(json->dump()) : std::nullopt;
}

constexpr const char* kReady = R"(
  WITH ready AS (
    SELECT r.run, m.deletions_gap OR coalesce((m.definition #>> '{options,full_every}')::int <= m.incremental_runs, false) AS full_due,
           -- whoever wants the rows of a query sent wants them compared
           r.kind = 'push' AND r.trigger <> 'capture' AND NOT m.captured AS compares
      FROM tandem._run r
      JOIN tandem._mapping m ON m.mapping_id = r.mapping_id
      JOIN tandem._connection c ON c.connection_id = m.connection_id
     WHERE r.owner = $1::oid AND r.status = 'pending' AND NOT r.cancel_requested
       AND (r.not_before IS NULL OR r.not_before <= now())
       AND m.enabled AND NOT m.paused AND c.enabled AND NOT c.paused)";

constexpr const char* kTake = R"(
     ORDER BY r.run
     LIMIT $4
       FOR UPDATE OF r SKIP LOCKED),
  taken AS (
    UPDATE tandem._run r
       SET status = 'running', "full" = r."full" OR (ready.full_due AND r.kind = 'pull') OR ready.compares, epoch = r.epoch + 1, attempt = r.attempt + 1, boot_id = $2, pid = $3::int, phase = 'fetching',
           started_at = coalesce(r.started_at, now()), last_activity_at = now(), waiting_on = NULL, waiting_until = NULL
      FROM ready
     WHERE r.run = ready.run
    RETURNING r.*)
)";

// What a RunSpec is made of; `t` has the columns of _run.
constexpr const char* kSpecs =
    R"(  SELECT t.run, t.epoch, t.mapping_id, m.connection_id, m.tenant_id, m.name, n.name, c.name, c.version, m.definition_version,
         m.object, m.target::int8, m.target_name, m.definition, k.manifest, c.config, t.params, t."full", m.cursor_value,
         t.position, CASE WHEN m.resume_version = m.definition_version THEN m.resume END,
         (SELECT count(*) FROM tandem._sync_error e WHERE e.mapping_id = m.mapping_id AND e.resolved_at IS NULL), t.failed, t.chain::text, t.kind,
         t.timing, t.latency,
         coalesce(c.clock_offset_ms, 0), m.cursor_version, t.pages, t.records_read, t.bytes,
         (extract(epoch FROM now() - t.started_at) * 1000000)::int8, t.deleted, t.delete_limit,
         (SELECT count(*) FROM tandem._pending_delete d WHERE d.mapping_id = t.mapping_id AND d.run = t.run AND NOT d.uncovered),
         m.columns_seen,
         (SELECT count(*) FROM tandem._schema_change x WHERE x.mapping_id = m.mapping_id AND x.status = 'open'),
         (SELECT x.shape FROM tandem._shape x WHERE x.mapping_id = m.mapping_id), m.deletions_value,
         m.contract_key, m.listing_scope, EXISTS (SELECT FROM tandem._credential s WHERE s.connection_id = c.connection_id),
         t.trigger = 'capture'
    FROM taken t
    JOIN tandem._mapping m ON m.mapping_id = t.mapping_id
    JOIN tandem._tenant n ON n.tenant_id = m.tenant_id
    JOIN tandem._connection c ON c.connection_id = m.connection_id
    JOIN tandem._connector k ON k.connector_id = c.connector_id
   ORDER BY t.run)";

// A run that nobody asked for. Its row, in whose way nobody is, has the defaults of all others and a number that no
// run has.
constexpr const char* kImagined = R"(
  WITH taken AS (
    INSERT INTO tandem._run (run, tenant_id, mapping_id, owner, status, trigger, requested_by, "full", started_at)
    OVERRIDING SYSTEM VALUE
    SELECT -pg_backend_pid(), i.tenant_id, i.mapping_id, i.owner, 'cancelled', 'manual', session_user, $2, now()
      FROM tandem._mapping i
     WHERE i.mapping_id = $1
    RETURNING *)
)";

RunSpec spec_of(const pg::Rows& rows, std::size_t i) {
  RunSpec spec;
  spec.run = rows.integer(i, 0);
  spec.epoch = rows.integer(i, 1);
  spec.mapping_id = rows.integer(i, 2);
  spec.connection_id = rows.integer(i, 3);
  spec.tenant_id = rows.integer(i, 4);
  spec.mapping = rows.text(i, 5);
  spec.tenant = rows.text(i, 6);
  spec.connection = rows.text(i, 7);
  spec.connection_version = rows.integer(i, 8);
  spec.definition_version = rows.integer(i, 9);
  spec.object = rows.text(i, 10);
  spec.target = static_cast<pg::Oid>(rows.integer(i, 11));
  spec.target_name = rows.text(i, 12);
  spec.definition = json_of(rows.text(i, 13));
  spec.manifest = json_of(rows.text(i, 14));
  spec.config = json_of(rows.text(i, 15));
  spec.params = json_of(rows.text(i, 16));
  spec.full = rows.boolean(i, 17);
  spec.cursor_value = rows.text_or_null(i, 18);
  spec.position = json_or_null(rows, i, 19);
  spec.resume = json_or_null(rows, i, 20);
  spec.open_errors = rows.integer(i, 21);
  spec.failed = rows.integer(i, 22);
  spec.chain = rows.text(i, 23);
  spec.retry = rows.text(i, 24) == "retry";
  spec.verify = rows.text(i, 24) == "verify";
  spec.push = rows.text(i, 24) == "push";
  spec.timing = json_of(rows.text(i, 25));
  spec.latency = json_of(rows.text(i, 26));
  spec.clock_offset_ms = rows.integer(i, 27);
  spec.cursor_version = rows.integer(i, 28);
  spec.spent = {rows.integer(i, 29), rows.integer(i, 30), rows.integer(i, 31), rows.integer(i, 32)};
  spec.deleted = rows.integer(i, 33);
  spec.delete_limit = rows.integer_or_null(i, 34);
  spec.held_back = rows.integer(i, 35);
  spec.columns_seen = json_or_null(rows, i, 36);
  spec.open_changes = rows.integer(i, 37);
  spec.shape = json_or_null(rows, i, 38);
  spec.deletions_value = rows.text_or_null(i, 39);
  spec.contract_key = rows.text_or_null(i, 40);
  spec.listing_scope = rows.text_or_null(i, 41);
  spec.credentials = rows.boolean(i, 42);
  spec.trigger_capture = rows.boolean(i, 43);
  return spec;
}

}  // namespace

std::vector<RunSpec> take_runs(pg::Sql& sql, pg::Oid owner, std::int64_t boot_id, pg::Pid pid, std::int64_t limit) {
  const pg::Rows rows =
      sql.engine(strcat(kReady, kIsNext, kTake, kSpecs), {static_cast<std::int64_t>(owner), boot_id, pid, limit});
  std::vector<RunSpec> specs;
  for (std::size_t i = 0; i < rows.size(); ++i) specs.push_back(spec_of(rows, i));
  return specs;
}

RunSpec imagined_run(pg::Sql& sql, std::int64_t mapping_id, bool full) {
  const pg::Rows rows = sql.engine(strcat(kImagined, kSpecs), {mapping_id, full});
  if (rows.empty()) throw base::Failure(base::Errc::undefined_object, strcat("mapping ", mapping_id, " is gone"));
  RunSpec spec = spec_of(rows, 0);
  spec.run = 0;
  return spec;
}

core::StampValues stamp_values(pg::Sql& sql, const RunSpec& spec) {
  const base::Json* options = spec.definition.find("options");
  if (options == nullptr || options->find("stamp") == nullptr) return {};
  const pg::Rows rows = sql.engine(R"(
    SELECT t.name, t.tenant_key::text, c.name, c.connection_uuid::text, m.name, m.mapping_uuid::text
      FROM tandem._mapping m
      JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
      JOIN tandem._connection c ON c.connection_id = m.connection_id
     WHERE m.mapping_id = $1)",
                                   {spec.mapping_id});
  if (rows.empty()) return {};
  return {.tenant = {spec.tenant_id, rows.text(0, 0), rows.text(0, 1)},
          .connection = {spec.connection_id, rows.text(0, 2), rows.text(0, 3)},
          .mapping = {spec.mapping_id, rows.text(0, 4), rows.text(0, 5)},
          .run = spec.run};
}

Accounted account_page(pg::Sql& sql, const RunSpec& spec, const Counters& page,
                       const std::optional<base::Json>& position, std::optional<std::int64_t> total) {
  const pg::Rows rows = sql.engine(
      strcat(R"(
    UPDATE tandem._run
       SET pages = pages + $3, records_read = records_read + $4, created = created + $5, updated = updated + $6,
           skipped = skipped + $7, failed = failed + $8, crashes = 0, bytes = bytes + $9, position = $10::jsonb, total = coalesce($11, total),
           last_activity_at = clock_timestamp(), waiting_on = NULL, waiting_until = NULL,
           phase = CASE WHEN $10::jsonb ? 'end' THEN 'closing' WHEN $10::jsonb #> '{at,feed}' = 'true' THEN 'deletions' ELSE 'fetching' END, timing = $12::jsonb, latency = $13::jsonb,
           deleted = deleted + $14, conflicts = conflicts + $15
     WHERE )",
             kOurRun, " RETURNING cancel_requested"),
      {spec.run, spec.epoch, page.pages, page.records_read, page.created, page.updated, page.skipped, page.failed,
       page.bytes, dump(position), total, page.timing, page.latency, page.deleted, page.conflicts});
  return {!rows.empty(), !rows.empty() && rows.boolean(0, 0)};
}

void set_waiting(pg::Sql& sql, const RunSpec& spec, const std::optional<std::string>& waiting_on,
                 std::optional<base::Instant> until) {
  sql.engine(strcat("UPDATE tandem._run SET waiting_on = $3, waiting_until = $4, phase = 'applying' WHERE ", kOurRun),
             {spec.run, spec.epoch, waiting_on, until});
}

std::vector<std::int64_t> cancelled_among(pg::Sql& sql, const std::vector<std::int64_t>& runs) {
  return sql.engine("SELECT run FROM tandem._run WHERE run = ANY ($1) AND cancel_requested", {runs}).integers(0);
}

bool reads_a_part(const RunSpec& spec) {
  return !spec.retry && spec.params.is_object() && !spec.params.members().empty();
}

void postpone_run(pg::Sql& sql, const RunSpec& spec, base::Instant until, std::string_view waiting_on) {
  sql.engine(strcat(R"(
    UPDATE tandem._run
       SET status = 'pending', pid = NULL, phase = NULL, not_before = $3, waiting_on = $4, waiting_until = $3
     WHERE )",
                    kOurRun),
             {spec.run, spec.epoch, until, waiting_on});
}

void release_run(pg::Sql& sql, const RunSpec& spec) {
  sql.engine(strcat("UPDATE tandem._run SET status = 'pending', pid = NULL, phase = NULL WHERE ", kOurRun),
             {spec.run, spec.epoch});
}

std::int64_t request_run(pg::Sql& sql, std::int64_t mapping_id, bool full, const base::Json& params, bool& created) {
  // The mapping's row first, as the scheduler does: two who ask wait for each other there, not on the index.
  sql.engine("SELECT FROM tandem._mapping WHERE mapping_id = $1 FOR NO KEY UPDATE", {mapping_id});
  const pg::Rows made = sql.engine(R"(
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by, "full", params)
    SELECT tenant_id, mapping_id, owner, CASE definition ->> 'direction' WHEN 'push' THEN 'push' ELSE 'pull' END, 'manual', session_user, $2, $3::jsonb
      FROM tandem._mapping WHERE mapping_id = $1
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING
    RETURNING run)",
                                   {mapping_id, full, params.dump()});
  created = !made.empty();
  if (created) return made.integer(0, 0);
  // One that still waits also takes over what is asked for now. What it may have read before was something else.
  sql.engine(
      R"(UPDATE tandem._run SET position = CASE WHEN ("full" OR NOT $2) AND params @> $3::jsonb THEN position END, "full" = "full" OR $2 OR (SELECT m.definition ->> 'direction' = 'push' AND NOT m.captured FROM tandem._mapping m WHERE m.mapping_id = $1), params = params || $3::jsonb WHERE mapping_id = $1 AND status = 'pending' AND kind = (SELECT CASE m.definition ->> 'direction' WHEN 'push' THEN 'push' ELSE 'pull' END FROM tandem._mapping m WHERE m.mapping_id = $1))",
      {mapping_id, full, params.dump()});
  // One that only sends what waits of the rows of a query is followed by one that compares them.
  sql.engine(
      R"(UPDATE tandem._run r SET again = true, again_full = true FROM tandem._mapping m WHERE m.mapping_id = $1 AND r.mapping_id = $1 AND m.definition ->> 'direction' = 'push' AND NOT m.captured AND r.kind = 'push' AND r.status = 'running' AND NOT r."full")",
      {mapping_id});
  const pg::Rows active = sql.engine(
      "SELECT r.run FROM tandem._run r JOIN tandem._mapping m ON m.mapping_id = r.mapping_id WHERE r.mapping_id = $1"
      " AND r.kind = CASE m.definition ->> 'direction' WHEN 'push' THEN 'push' ELSE 'pull' END AND r.status IN "
      "('pending', 'running')",
      {mapping_id});
  if (!active.empty()) return active.integer(0, 0);
  return request_run(sql, mapping_id, full, params, created);  // it ended in between
}

std::optional<RunState> run_state(pg::Sql& sql, std::int64_t run) {
  const pg::Rows rows = sql.engine(
      "SELECT status, mapping_id, owner::int8, xmin::text = pg_current_xact_id_if_assigned()::xid::text, message FROM "
      "tandem._run WHERE run = $1",
      {run});
  if (rows.empty()) return std::nullopt;
  return RunState{rows.text(0, 0), rows.text_or_null(0, 4), rows.integer(0, 1),
                  static_cast<pg::Oid>(rows.integer(0, 2)), !rows.is_null(0, 3) && rows.boolean(0, 3)};
}

bool request_cancel(pg::Sql& sql, std::int64_t run) {
  const pg::Rows rows = sql.engine(R"(
    UPDATE tandem._run
       SET cancel_requested = true,
           status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END,
           completed_at = CASE status WHEN 'pending' THEN now() END
     WHERE run = $1 AND status IN ('pending', 'running'))",
                                   {run});
  return rows.processed() > 0;
}

}  // namespace tandem::store
