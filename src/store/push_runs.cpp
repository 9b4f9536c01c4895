#include "store/push_runs.hpp"

#include "base/strings.hpp"
#include "store/our_run.hpp"

namespace tandem::store {

using base::strcat;

namespace {

std::optional<std::string> dump(const std::optional<base::Json>& json) {
  return json ? std::optional(json->dump()) : std::nullopt;
}

}  // namespace

OpenedRun open_push_run(pg::Sql& sql, const RunSpec& like, std::int64_t boot_id, pg::Pid pid) {
  const pg::Rows state = sql.engine(R"(
    SELECT m.enabled AND NOT m.paused AND c.enabled AND NOT c.paused AND m.definition_version = $2 AND c.version = $3,
           CASE WHEN m.push_not_before > clock_timestamp() AND coalesce(m.push_held_version = c.version, true) THEN m.push_not_before END,
           m.captured AND EXISTS (SELECT FROM tandem._outbox e WHERE e."table" = m.target)
           OR EXISTS (SELECT FROM tandem._outbox_item i WHERE i.mapping_id = m.mapping_id AND i.state = 'p'
                         AND (i.not_before IS NULL OR i.not_before <= clock_timestamp()))
           OR EXISTS (SELECT FROM tandem._outbox_item i WHERE i.mapping_id = m.mapping_id AND i.state IN ('c', 'a')
                         AND i.not_before <= clock_timestamp()),
           m.captured AND m.schedule IS NOT NULL AND m.definition ->> 'direction' = 'push'
      FROM tandem._mapping m JOIN tandem._connection c ON c.connection_id = m.connection_id
     WHERE m.mapping_id = $1)",
                                    {like.mapping_id, like.definition_version, like.connection_version});
  if (state.empty() || !state.boolean(0, 0)) return {OpenedRun::Kind::unusable};
  if (const auto until = state.instant_or_null(0, 1)) return {.kind = OpenedRun::Kind::held, .until = until};
  if (!state.boolean(0, 2) || state.boolean(0, 3)) return {};
  const pg::Rows made = sql.engine(R"(
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by, status, started_at, epoch, attempt,
                             boot_id, pid, phase, last_activity_at)
    SELECT tenant_id, mapping_id, owner, 'push', 'capture', owner_name, 'running', now(), 1, 1, $2, $3::int, 'sending', now()
      FROM tandem._mapping WHERE mapping_id = $1
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING
    RETURNING run)",
                                   {like.mapping_id, boot_id, pid});
  if (made.empty()) return {OpenedRun::Kind::pending};
  return {.kind = OpenedRun::Kind::opened, .run = made.integer(0, 0), .epoch = 1};
}

bool may_go_on(pg::Sql& sql, const RunSpec& spec) {
  const pg::Rows rows = sql.engine(R"(
    SELECT m.enabled AND NOT m.paused AND c.enabled AND NOT c.paused AND m.definition_version = $2 AND c.version = $3
           AND (m.push_not_before IS NULL OR m.push_not_before <= clock_timestamp() OR m.push_held_version <> c.version)
      FROM tandem._mapping m JOIN tandem._connection c ON c.connection_id = m.connection_id
     WHERE m.mapping_id = $1)",
                                   {spec.mapping_id, spec.definition_version, spec.connection_version});
  return !rows.empty() && rows.boolean(0, 0);
}

AccountedPush account_push(pg::Sql& sql, const RunSpec& spec, const Counters& turn,
                           const std::optional<base::Json>& position, bool may_widen) {
  const pg::Rows rows =
      sql.engine(strcat(R"(
    UPDATE tandem._run
       SET records_read = records_read + $3, created = created + $4, updated = updated + $5, deleted = deleted + $6,
           skipped = skipped + $7, failed = failed + $8, conflicts = conflicts + $9, bytes = bytes + $10, pages = pages + $11,
           position = $12::jsonb, crashes = 0, last_activity_at = clock_timestamp(), waiting_on = NULL, waiting_until = NULL,
           phase = 'sending', timing = $13::jsonb, latency = $14::jsonb
     WHERE )",
                        kOurRun, " RETURNING cancel_requested, again_full"),
                 {spec.run, spec.epoch, turn.records_read, turn.created, turn.updated, turn.deleted, turn.skipped,
                  turn.failed, turn.conflicts, turn.bytes, turn.pages, dump(position), turn.timing, turn.latency});
  if (rows.empty()) return {.ours = false};
  const bool widened = may_widen && rows.boolean(0, 1);
  if (widened)
    sql.engine(strcat(R"(UPDATE tandem._run SET "full" = true, again = false, again_full = false WHERE )", kOurRun),
               {spec.run, spec.epoch});
  return {.cancel_requested = rows.boolean(0, 0), .widened = widened};
}

std::int64_t count_hold(pg::Sql& sql, const RunSpec& spec) {
  const pg::Rows rows = sql.engine(R"(
    UPDATE tandem._mapping
       SET push_holds = CASE WHEN push_held_version = $2 THEN push_holds + 1 ELSE 1 END, push_held_version = $2
     WHERE mapping_id = $1 RETURNING push_holds)",
                                   {spec.mapping_id, spec.connection_version});
  return rows.empty() ? 1 : rows.integer(0, 0);
}

void forget_holds(pg::Sql& sql, const RunSpec& spec) {
  sql.engine("UPDATE tandem._mapping SET push_holds = 0 WHERE mapping_id = $1 AND push_holds > 0", {spec.mapping_id});
}

void pause_unwanted(pg::Sql& sql, const RunSpec& spec, std::string_view why) {
  sql.engine(
      "UPDATE tandem._mapping SET paused = true, paused_reason = $2, updated_at = clock_timestamp()"
      " WHERE mapping_id = $1 AND NOT paused",
      {spec.mapping_id, why});
}

bool widen_push(pg::Sql& sql, std::int64_t mapping_id) {
  return sql.engine(
                "UPDATE tandem._run SET again = true, again_full = true"
                " WHERE mapping_id = $1 AND kind = 'push' AND status = 'running'",
                {mapping_id})
             .processed() > 0;
}

void hold_push(pg::Sql& sql, const RunSpec& spec, base::Instant until, std::string_view why) {
  sql.engine("UPDATE tandem._mapping SET push_not_before = $2 WHERE mapping_id = $1", {spec.mapping_id, until});
  sql.engine(strcat("UPDATE tandem._run SET waiting_on = $3, waiting_until = $4 WHERE ", kOurRun),
             {spec.run, spec.epoch, why, until});
}

bool push_waits(pg::Sql& sql, std::int64_t mapping_id) {
  return sql.engine("SELECT FROM tandem._run WHERE mapping_id = $1 AND kind = 'push' AND status = 'pending'",
                    {mapping_id})
             .processed() > 0;
}

std::optional<Look> last_look(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows rows = sql.engine(
      "SELECT started_at, completed_at FROM tandem._run WHERE mapping_id = $1 AND kind = 'pull'"
      " AND status IN ('completed', 'partial') ORDER BY run DESC LIMIT 1",
      {mapping_id});
  if (rows.empty() || rows.is_null(0, 0) || rows.is_null(0, 1)) return std::nullopt;
  return Look{*rows.instant_or_null(0, 0), *rows.instant_or_null(0, 1)};
}

// One that is under way began too early: the change asks again when it has ended. The mapping's row first, as all do
// who ask for runs.
void request_look(pg::Sql& sql, std::int64_t mapping_id) {
  sql.engine("SELECT FROM tandem._mapping WHERE mapping_id = $1 FOR NO KEY UPDATE", {mapping_id});
  sql.engine(R"(
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by)
    SELECT tenant_id, mapping_id, owner, 'pull', 'capture', owner_name FROM tandem._mapping WHERE mapping_id = $1
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING)",
             {mapping_id});
}

std::string waits_for_pull(std::int64_t mapping_id) { return strcat("the pull of mapping ", mapping_id); }

void request_full_push(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows made = sql.engine(R"(
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by, "full")
    SELECT tenant_id, mapping_id, owner, 'push', 'capture', owner_name, true FROM tandem._mapping WHERE mapping_id = $1
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running')
    DO UPDATE SET "full" = _run."full" OR _run.status = 'pending', again = _run.status = 'running' OR _run.again,
                  again_full = _run.status = 'running' OR _run.again_full
    RETURNING run)",
                                   {mapping_id});
}

}  // namespace tandem::store
