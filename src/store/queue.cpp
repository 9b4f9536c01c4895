#include "store/queue.hpp"

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/schedule/schedule.hpp"
#include "pg/timezone.hpp"
#include "store/run_order.hpp"

namespace tandem::store {
namespace {

// Due mappings that may run at all; shared by the taking and by the alarm, which must agree.
constexpr std::string_view kScheduled =
    " FROM tandem._mapping m JOIN tandem._connection c ON c.connection_id = m.connection_id"
    " WHERE m.next_run_at IS NOT NULL AND m.enabled AND NOT m.paused AND c.enabled AND NOT c.paused";

constexpr std::string_view kPending =
    " FROM tandem._run r JOIN tandem._mapping m ON m.mapping_id = r.mapping_id"
    " JOIN tandem._connection c ON c.connection_id = m.connection_id"
    " WHERE r.status = 'pending' AND NOT r.cancel_requested"
    " AND m.enabled AND NOT m.paused AND c.enabled AND NOT c.paused";

constexpr std::int64_t kNever = 0;  // of next_run_at in start_due, in whole seconds since 2000

constexpr std::int64_t kMostCrashes = 5;  // in a row, without a page in between

std::int64_t seconds_up(base::Instant when) { return (when.micros + base::kSecond - 1) / base::kSecond; }

}  // namespace

std::vector<RunningRun> running_runs(pg::Sql& sql) {
  const pg::Rows rows =
      sql.engine("SELECT run, coalesce(boot_id, 0), coalesce(pid, 0) FROM tandem._run WHERE status = 'running'");
  std::vector<RunningRun> runs;
  runs.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    runs.push_back({rows.integer(i, 0), rows.integer(i, 1), static_cast<pg::Pid>(rows.integer(i, 2))});
  }
  return runs;
}

bool requeue_runs(pg::Sql& sql, const std::vector<std::int64_t>& runs) {
  if (runs.empty()) return true;
  const pg::Rows done = sql.engine(R"(
    WITH left_behind AS (
      SELECT run FROM tandem._run WHERE run = ANY ($1) AND status = 'running' FOR UPDATE SKIP LOCKED)
    UPDATE tandem._run r
       SET status = CASE WHEN r.cancel_requested THEN 'cancelled' WHEN r.crashes >= $2 THEN 'failed' ELSE 'pending' END,
           completed_at = CASE WHEN r.cancel_requested OR r.crashes >= $2 THEN now() END,
           error_type = CASE WHEN r.crashes >= $2 THEN 'SYSTEM_ERROR' END,
           code = CASE WHEN r.crashes >= $2 THEN $3 END,
           message = CASE WHEN r.crashes >= $2
                          THEN format('its worker ended %s times in a row without getting further; see the server log', $2 + 1) END,
           crashes = r.crashes + 1,
           boot_id = NULL, pid = NULL, phase = NULL, waiting_on = NULL, waiting_until = NULL
      FROM left_behind
     WHERE r.run = left_behind.run)",
                                   {runs, kMostCrashes, core::code::kCrashes});
  return done.processed() == runs.size();
}

std::vector<DueMapping> take_due(pg::Sql& sql, base::Instant now, int limit) {
  const pg::Rows rows =
      sql.engine(base::strcat("SELECT m.mapping_id, m.name, coalesce(m.schedule, '')", kScheduled,
                              " AND m.next_run_at <= $1 ORDER BY m.next_run_at LIMIT $2 FOR UPDATE OF m SKIP LOCKED"),
                 {now, limit});
  std::vector<DueMapping> due;
  due.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) due.push_back({rows.integer(i, 0), rows.text(i, 1), rows.text(i, 2)});
  return due;
}

void start_due(pg::Sql& sql, const std::vector<NextRun>& mappings) {
  std::vector<std::int64_t> ids, seconds;
  for (const NextRun& next : mappings) {
    ids.push_back(next.mapping_id);
    seconds.push_back(next.at ? seconds_up(*next.at) : kNever);
  }
  sql.engine(R"(
    WITH moved AS (
      UPDATE tandem._mapping m
         SET next_run_at = CASE WHEN d.seconds <> $3
                                THEN timestamptz '2000-01-01 00:00:00+00' + d.seconds * interval '1 second' END
        FROM unnest($1, $2) AS d (mapping_id, seconds)
       WHERE m.mapping_id = d.mapping_id
      RETURNING m.tenant_id, m.mapping_id, m.owner, m.owner_name, m.definition ->> 'direction' AS direction)
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by)
    SELECT tenant_id, mapping_id, owner, CASE direction WHEN 'push' THEN 'push' ELSE 'pull' END, 'schedule', owner_name FROM moved
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING)",
             {ids, seconds, kNever});
}

namespace {

// What is claimed belongs to a run that is still there, or to nobody: then it is found out what became of it.
constexpr std::string_view kPushesDue = R"(
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by)
    SELECT m.tenant_id, m.mapping_id, m.owner, 'push', 'capture', m.owner_name
      FROM tandem._mapping m JOIN tandem._connection c ON c.connection_id = m.connection_id
     WHERE m.definition ->> 'direction' <> 'pull' AND m.enabled AND NOT m.paused AND c.enabled AND NOT c.paused
       AND (m.schedule IS NULL OR NOT m.captured OR m.definition ->> 'direction' = 'both')
       AND (m.push_not_before IS NULL OR m.push_not_before <= now() OR m.push_held_version <> c.version)
       AND (m.captured AND EXISTS (SELECT FROM tandem._outbox e WHERE e."table" = m.target)
            OR EXISTS (SELECT FROM tandem._outbox_item i WHERE i.mapping_id = m.mapping_id AND i.state = 'p'
                          AND (i.not_before IS NULL OR i.not_before <= now()))
            OR EXISTS (SELECT FROM tandem._outbox_item i WHERE i.mapping_id = m.mapping_id AND i.state IN ('c', 'a')
                          AND (i.not_before IS NULL OR i.not_before <= now()))))";
constexpr std::string_view kUnlessThere =
    " ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING";

}  // namespace

void start_pushes(pg::Sql& sql) { sql.engine(base::strcat(kPushesDue, kUnlessThere)); }

void start_pushes_of(pg::Sql& sql, pg::Oid owner, const std::vector<std::int64_t>& but) {
  sql.engine(base::strcat(kPushesDue, " AND m.owner = $1 AND m.mapping_id <> ALL ($2)", kUnlessThere),
             {pg::Param::oid(owner), but});
}

base::Result<std::optional<base::Instant>> next_run_at(std::string_view schedule, base::Instant after) {
  const base::Result<core::Schedule> parsed = core::Schedule::parse(schedule);
  if (!parsed) return parsed.error();
  const std::optional<pg::TimeZone> zone = pg::TimeZone::find(parsed->zone());
  if (!zone) {
    return base::Error{base::Errc::invalid_parameter,
                       base::strcat("time zone \"", parsed->zone(), "\" is not known"),
                       {},
                       "SELECT name FROM pg_timezone_names;"};
  }
  return parsed->next(after, [&zone](base::Instant when) { return zone->offset_at(when); });
}

std::vector<WaitingOwner> waiting_owners(pg::Sql& sql, base::Instant now) {
  const pg::Rows rows = sql.engine(
      base::strcat(
          "SELECT r.owner, min(r.requested_at)", kPending, kIsNext,
          " AND (r.not_before IS NULL OR r.not_before <= $1) GROUP BY r.owner ORDER BY min(r.requested_at), r.owner"),
      {now});
  std::vector<WaitingOwner> owners;
  owners.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    owners.push_back({static_cast<pg::Oid>(rows.integer(i, 0)), rows.instant(i, 1)});
  }
  return owners;
}

void fail_waiting(pg::Sql& sql, pg::Oid owner, std::string_view code, std::string_view message) {
  sql.engine(R"(
    WITH waiting AS (
      SELECT run FROM tandem._run WHERE owner = $1 AND status = 'pending' FOR UPDATE SKIP LOCKED)
    UPDATE tandem._run r
       SET status = 'failed', error_type = 'SYSTEM_ERROR', code = $2, message = $3,
           started_at = coalesce(r.started_at, now()), completed_at = now()
      FROM waiting
     WHERE r.run = waiting.run)",
             {pg::Param::oid(owner), code, message});
}

std::optional<base::Instant> next_event(pg::Sql& sql, base::Instant now) {
  const pg::Rows rows = sql.engine(
      base::strcat("SELECT least((SELECT min(m.next_run_at)", kScheduled, "), (SELECT min(r.not_before)", kPending,
                   " AND r.not_before > $1), (SELECT min(i.not_before) FROM tandem._outbox_item i"
                   " WHERE i.state IN ('p', 'a') AND i.not_before > $1 AND i.not_before < 'infinity'), (SELECT "
                   "min(m.push_not_before) FROM tandem._mapping m"
                   " WHERE m.push_not_before > $1))"),
      {now});
  return rows.instant_or_null(0, 0);
}

}  // namespace tandem::store
