#include "store/closings.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "base/strings.hpp"
#include "core/mapping/chain.hpp"
#include "core/mapping/history.hpp"
#include "store/deletion_feed.hpp"
#include "store/mapping_order.hpp"
#include "store/record_log.hpp"
#include "store/retry.hpp"

namespace tandem::store {

namespace {

// How far reading has come holds for the definition it was read by: one altered in the meantime starts anew. Its owner
// may have been renamed, and after a restore the name is all that is left of it. A run that has not asked the source
// for all there is settles nothing of that. Runs are found as in our_run.hpp.
constexpr std::string_view kClose = R"(
  WITH closed AS (
    UPDATE tandem._run r
       SET status = c.status, completed_at = clock_timestamp(), last_activity_at = clock_timestamp(), phase = NULL,
           pid = NULL, waiting_on = NULL, waiting_until = NULL, position = NULL, error_type = c.error_type,
           code = c.code, message = c.message, timing = CASE WHEN c.timing = '{}' THEN r.timing ELSE c.timing END,
           cursor_before = c.cursor_before, cursor_after = CASE WHEN c.settles THEN coalesce(c.cursor_value, c.cursor_before) ELSE c.cursor_before END
      FROM jsonb_to_recordset($1::jsonb) AS c
           (run bigint, epoch bigint, status text, error_type text, code text, message text, timing jsonb,
            cursor_before text, cursor_value text, definition_version bigint, cursor_version bigint, "full" boolean,
            ended boolean, settles boolean, resume jsonb, deletions_value text, deletions_gap boolean)
     WHERE r.run = c.run AND r.epoch = c.epoch AND r.status IS NOT DISTINCT FROM 'running'
    RETURNING r.run, r.mapping_id, r.again, r.created + r.updated AS written, c.definition_version, c.cursor_version,
              c."full", c.ended, c.settles, c.resume, c.cursor_value, c.deletions_value, c.deletions_gap),
  settled AS (
    UPDATE tandem._mapping m
       SET resume = CASE WHEN m.definition_version = c.definition_version AND m.cursor_version = c.cursor_version THEN c.resume END, resume_version = c.definition_version,
           cursor_value = CASE WHEN m.definition_version = c.definition_version AND m.cursor_version = c.cursor_version THEN coalesce(c.cursor_value, m.cursor_value) ELSE m.cursor_value END,
           deletions_value = CASE WHEN m.definition_version = c.definition_version AND m.cursor_version = c.cursor_version THEN nullif(coalesce(c.deletions_value, m.deletions_value), '')
                                  ELSE m.deletions_value END,
           deletions_gap = CASE WHEN m.definition_version = c.definition_version AND m.cursor_version = c.cursor_version THEN coalesce(c.deletions_gap, m.deletions_gap) ELSE m.deletions_gap END,
           owner_name = coalesce((SELECT o.rolname FROM pg_catalog.pg_roles o WHERE o.oid = m.owner), m.owner_name),
           rows_synced = m.rows_synced + c.written,
           incremental_runs = CASE WHEN NOT c.ended THEN m.incremental_runs WHEN c."full" THEN 0 ELSE m.incremental_runs + 1 END
      FROM closed c
     WHERE m.mapping_id = c.mapping_id AND c.settles)
  SELECT c.run, c.written, c.again FROM closed c)";

constexpr std::string_view kForget = R"(
  DELETE FROM tandem._run r
   USING (SELECT k.mapping_id, (SELECT o.run FROM tandem._run o WHERE o.mapping_id = k.mapping_id
                                 ORDER BY o.run DESC OFFSET k.keep LIMIT 1) AS last
            FROM unnest($1, $2) AS k (mapping_id, keep)) k
   WHERE r.mapping_id = k.mapping_id AND r.run <= k.last AND r.status NOT IN ('pending', 'running'))";

bool got_to_its_end(const Closing& closing) {
  return closing.status == core::RunStatus::completed || closing.status == core::RunStatus::partial;
}

// Whether it says how far its mapping has read.
bool settles(const RunSpec& spec) { return !spec.retry && !spec.verify && !spec.push && !reads_a_part(spec); }

// Whether the source's clock is to be written down: it differs by more than the Date of an answer can say.
bool clock_differs(const RunSpec& spec, const Closing& closing) {
  return closing.clock_offset_ms && std::abs(*closing.clock_offset_ms - spec.clock_offset_ms) > 1500;
}

// How many ended runs of its mapping are kept.
std::int64_t runs_to_keep(const RunSpec& spec) {
  const base::Json* options = spec.definition.find("options");
  return (options == nullptr ? std::nullopt : options->integer_at("keep_runs")).value_or(1000);
}

base::Json described(const RunToClose& run) {
  const RunSpec& spec = *run.spec;
  const Closing& closing = run.closing;
  base::Json json = base::Json::object({{"run", base::Json(spec.run)},
                                        {"epoch", base::Json(spec.epoch)},
                                        {"status", base::Json(std::string(core::run_status_name(closing.status)))},
                                        {"timing", closing.timing},
                                        {"definition_version", base::Json(spec.definition_version)},
                                        {"cursor_version", base::Json(spec.cursor_version)},
                                        {"full", base::Json(spec.full)},
                                        {"ended", base::Json(got_to_its_end(closing))},
                                        {"settles", base::Json(settles(spec))}});
  const auto put = [&json](const char* name, const std::optional<std::string>& text) {
    if (text) json.set(name, base::Json(*text));
  };
  if (const auto& told = closing.failure ? closing.failure : closing.note) {
    json.set("error_type", base::Json(told->error_type));
    json.set("code", base::Json(told->code));
    json.set("message", base::Json(told->message));
  }
  put("cursor_before", spec.cursor_value);
  put("cursor_value", closing.cursor);
  put("deletions_value", closing.deletions);
  if (closing.resume) json.set("resume", *closing.resume);
  if (closing.deletions_gap) json.set("deletions_gap", base::Json(*closing.deletions_gap));
  return json;
}

// Of each that was still ours: the run, how many rows it has written, whether it is wanted once more.
pg::Rows close_and_settle(pg::Sql& sql, const base::Json& described_runs) {
  return sql.engine_by_index(kClose, std::vector<pg::Param>{described_runs.dump()});
}

void forget_old_runs(pg::Sql& sql, std::span<const RunSpec* const> closed) {
  std::vector<std::int64_t> mappings, keep;
  for (const RunSpec* spec : closed) {
    mappings.push_back(spec->mapping_id);
    keep.push_back(runs_to_keep(*spec));
  }
  sql.engine_by_index(kForget, std::vector<pg::Param>{mappings, keep});
}

void count_written(pg::Sql& sql, const RunSpec& spec, std::int64_t written) {
  sql.engine("UPDATE tandem._mapping SET rows_synced = rows_synced + $2 WHERE mapping_id = $1",
             {spec.mapping_id, written});
}

// What its listing has shown, and those of runs of the mapping that ended without us; unless somebody goes on where it
// has stopped, and has to know. A run that reads a part is no business of the others.
void forget_seen(pg::Sql& sql, const RunSpec& spec, const Closing& closing) {
  if (spec.definition.string_at("delete_mode").value_or("ignore") == "ignore") return;
  if (closing.resume && closing.resume->find("pass") != nullptr) return;
  sql.engine(
      "DELETE FROM tandem._seen s USING tandem._run r WHERE s.run = r.run AND r.mapping_id = $1"
      " AND (NOT $2 OR r.run = $3)",
      {spec.mapping_id, reads_a_part(spec), spec.run});
  sql.engine(
      "DELETE FROM tandem._verified v USING tandem._run r"
      " WHERE v.run = r.run AND r.mapping_id = $1 AND r.kind <> 'verify'",
      {spec.mapping_id});
}

// Somebody wanted a run while this one was on its way.
void run_again(pg::Sql& sql, const RunSpec& spec) {
  sql.engine(R"(
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by, "full", chain)
    SELECT m.tenant_id, m.mapping_id, m.owner, r.kind, 'follow_up', session_user, r.again_full, $2::text::bigint[]
      FROM tandem._mapping m JOIN tandem._run r ON r.run = $3 WHERE m.mapping_id = $1
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING)",
             {spec.mapping_id, spec.chain, spec.run});
}

void note_clock(pg::Sql& sql, const RunSpec& spec, const Closing& closing) {
  if (!clock_differs(spec, closing)) return;
  sql.engine("UPDATE tandem._connection SET clock_offset_ms = $2 WHERE connection_id = $1",
             {spec.connection_id, *closing.clock_offset_ms});
}

// The connection has given an answer as it should.
void note_working(pg::Sql& sql, std::int64_t connection_id, std::int64_t version) {
  sql.engine(
      "UPDATE tandem._connection SET last_ok_at = now(), last_error = NULL, last_error_type = NULL,"
      " owner_name = coalesce((SELECT rolname FROM pg_catalog.pg_roles WHERE oid = owner), owner_name)"
      " WHERE connection_id = $1 AND version = $2",
      {connection_id, version});
}

// Whether the connection works is told by every run that had an answer, good or bad.
void note_connection(pg::Sql& sql, const RunSpec& spec, const Closing& closing) {
  if (closing.failure) {
    note_failing(sql, spec, *closing.failure);
  } else if (closing.status != core::RunStatus::cancelled) {
    note_working(sql, spec.connection_id, spec.connection_version);
  }
}

// One after the other in an order that is everybody's: connections are shared.
void note_connections(pg::Sql& sql, const std::vector<const RunSpec*>& closed) {
  std::set<std::pair<std::int64_t, std::int64_t>> noted;
  for (const RunSpec* spec : closed) noted.emplace(spec->connection_id, spec->connection_version);
  for (const auto& [connection, version] : noted) note_working(sql, connection, version);
}

bool among(const std::vector<std::int64_t>& sorted, std::int64_t run) {
  return std::ranges::binary_search(sorted, run);
}

}  // namespace

void note_failing(pg::Sql& sql, const RunSpec& spec, const core::RunFailure& failure) {
  const std::string& type = failure.error_type;
  if (type != "NETWORK_ERROR" && type != "AUTH_ERROR" && type != "RATE_LIMIT" && type != "API_ERROR") return;
  sql.engine(
      "UPDATE tandem._connection SET last_error = $2, last_error_type = $3, last_error_at = now()"
      " WHERE connection_id = $1 AND version = $4",
      {spec.connection_id, failure.message, type, spec.connection_version});
}

bool close_run(pg::Sql& sql, const RunSpec& spec, const Closing& closing) {
  const pg::Rows rows = close_and_settle(sql, base::Json::array({described({&spec, closing})}));
  if (rows.empty()) return false;
  const std::int64_t written = rows.integer(0, 1);
  const bool again = rows.boolean(0, 2);
  const RunSpec* const closed[] = {&spec};
  forget_old_runs(sql, closed);
  forget_old_history(sql, spec);
  if (spec.retry) {  // the source was not asked
    count_written(sql, spec, written);
    if (again) retry_again(sql, spec);
    return true;
  }
  if (spec.verify) {  // it has left everything as it was
    note_connection(sql, spec, closing);
    return true;
  }
  if (spec.push) {  // it says nothing of how far reading has come
    if (again) run_again(sql, spec);
    count_written(sql, spec, written);
    note_connection(sql, spec, closing);
    return true;
  }
  if (again) run_again(sql, spec);
  if (reads_a_part(spec)) count_written(sql, spec, written);
  forget_seen(sql, spec, closing);
  if (closing.complete_pass) forget_judged(sql, spec.mapping_id, *closing.complete_pass);
  note_connection(sql, spec, closing);
  note_clock(sql, spec, closing);
  return true;
}

bool is_plain(const RunToClose& run) {
  const RunSpec& spec = *run.spec;
  const Closing& closing = run.closing;
  return got_to_its_end(closing) && settles(spec) && !closing.failure && !closing.complete_pass &&
         !clock_differs(spec, closing) && spec.definition.string_at("delete_mode").value_or("ignore") == "ignore" &&
         core::follow_ups_of(spec.definition).empty() && !core::history_of(spec.definition).given;
}

std::vector<std::int64_t> close_plain_runs(pg::Sql& sql, std::span<const RunToClose> runs) {
  std::vector<std::int64_t> numbers;
  std::vector<std::string> names;
  for (const RunToClose& run : runs) {
    numbers.push_back(run.spec->run);
    names.push_back(run.spec->mapping);
  }
  std::vector<std::int64_t> alone = lock_those_without_relatives(sql, numbers, names);
  std::ranges::sort(alone);
  base::Json given = base::Json::array();
  for (const RunToClose& run : runs)
    if (among(alone, run.spec->run)) given.push(described(run));
  if (given.items().empty()) return {};
  std::vector<std::int64_t> done = close_and_settle(sql, given).integers(0);
  std::ranges::sort(done);
  std::vector<const RunSpec*> closed;
  for (const RunToClose& run : runs)
    if (among(done, run.spec->run)) closed.push_back(run.spec);
  forget_old_runs(sql, closed);
  note_connections(sql, closed);
  return done;
}

}  // namespace tandem::store
