#include "store/closings.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/strings.hpp"
#include "core/mapping/chain.hpp"
#include "core/mapping/history.hpp"
#include "store/mapping_order.hpp"

namespace tandem::store {

namespace {

// Beside each field of Closing what it is called in close_run and settle_mapping (runs.cpp): the same, for many.
constexpr std::string_view kClose = R"(
  WITH closed AS (
    UPDATE tandem._run r
       SET status = c.status, completed_at = clock_timestamp(), last_activity_at = clock_timestamp(), phase = NULL,
           pid = NULL, waiting_on = NULL, waiting_until = NULL, position = NULL, error_type = c.error_type,
           code = c.code, message = c.message, timing = CASE WHEN c.timing = '{}' THEN r.timing ELSE c.timing END,
           cursor_before = c.cursor_before, cursor_after = coalesce(c.cursor_value, c.cursor_before)
      FROM jsonb_to_recordset($1::jsonb) AS c
           (run bigint, epoch bigint, status text, error_type text, code text, message text, timing jsonb,
            cursor_before text, cursor_value text, definition_version bigint, cursor_version bigint, "full" boolean,
            resume jsonb, deletions_value text, deletions_gap boolean)
     WHERE r.run = c.run AND r.epoch = c.epoch AND r.status IS NOT DISTINCT FROM 'running'
    RETURNING r.run, r.mapping_id, r.created + r.updated AS written, c.definition_version, c.cursor_version, c."full",
              c.resume, c.cursor_value, c.deletions_value, c.deletions_gap),
  settled AS (
    UPDATE tandem._mapping m
       SET resume = CASE WHEN m.definition_version = c.definition_version AND m.cursor_version = c.cursor_version THEN c.resume END, resume_version = c.definition_version,
           cursor_value = CASE WHEN m.definition_version = c.definition_version AND m.cursor_version = c.cursor_version THEN coalesce(c.cursor_value, m.cursor_value) ELSE m.cursor_value END,
           deletions_value = CASE WHEN m.definition_version = c.definition_version AND m.cursor_version = c.cursor_version THEN nullif(coalesce(c.deletions_value, m.deletions_value), '')
                                  ELSE m.deletions_value END,
           deletions_gap = CASE WHEN m.definition_version = c.definition_version AND m.cursor_version = c.cursor_version THEN coalesce(c.deletions_gap, m.deletions_gap) ELSE m.deletions_gap END,
           owner_name = coalesce((SELECT o.rolname FROM pg_catalog.pg_roles o WHERE o.oid = m.owner), m.owner_name),
           rows_synced = m.rows_synced + c.written,
           incremental_runs = CASE WHEN c."full" THEN 0 ELSE m.incremental_runs + 1 END
      FROM closed c
     WHERE m.mapping_id = c.mapping_id)
  SELECT c.run FROM closed c)";

constexpr std::string_view kForget = R"(
  DELETE FROM tandem._run r
   USING (SELECT k.mapping_id, (SELECT o.run FROM tandem._run o WHERE o.mapping_id = k.mapping_id
                                 ORDER BY o.run DESC OFFSET k.keep LIMIT 1) AS last
            FROM unnest($1, $2) AS k (mapping_id, keep)) k
   WHERE r.mapping_id = k.mapping_id AND r.run <= k.last AND r.status NOT IN ('pending', 'running'))";

base::Json described(const RunToClose& run) {
  const RunSpec& spec = *run.spec;
  const Closing& closing = run.closing;
  base::Json json = base::Json::object({{"run", base::Json(spec.run)},
                                        {"epoch", base::Json(spec.epoch)},
                                        {"status", base::Json(std::string(core::run_status_name(closing.status)))},
                                        {"timing", closing.timing},
                                        {"definition_version", base::Json(spec.definition_version)},
                                        {"cursor_version", base::Json(spec.cursor_version)},
                                        {"full", base::Json(spec.full)}});
  const auto put = [&json](const char* name, const std::optional<std::string>& text) {
    if (text) json.set(name, base::Json(*text));
  };
  if (closing.note) {
    json.set("error_type", base::Json(closing.note->error_type));
    json.set("code", base::Json(closing.note->code));
    json.set("message", base::Json(closing.note->message));
  }
  put("cursor_before", spec.cursor_value);
  put("cursor_value", closing.cursor);
  put("deletions_value", closing.deletions);
  if (closing.resume) json.set("resume", *closing.resume);
  if (closing.deletions_gap) json.set("deletions_gap", base::Json(*closing.deletions_gap));
  return json;
}

bool among(const std::vector<std::int64_t>& sorted, std::int64_t run) {
  return std::ranges::binary_search(sorted, run);
}

void forget_old_runs(pg::Sql& sql, const std::vector<const RunToClose*>& closed) {
  std::vector<std::int64_t> mappings, keep;
  for (const RunToClose* run : closed) {
    mappings.push_back(run->spec->mapping_id);
    keep.push_back(runs_to_keep(*run->spec));
  }
  sql.engine_by_index(kForget, std::vector<pg::Param>{mappings, keep});
}

// One after the other in an order that is everybody's: connections are shared.
void note_connections(pg::Sql& sql, const std::vector<const RunToClose*>& closed) {
  std::set<std::pair<std::int64_t, std::int64_t>> noted;
  for (const RunToClose* run : closed) noted.emplace(run->spec->connection_id, run->spec->connection_version);
  for (const auto& [connection, version] : noted) note_working(sql, connection, version);
}

}  // namespace

bool is_plain(const RunToClose& run) {
  const RunSpec& spec = *run.spec;
  const Closing& closing = run.closing;
  const bool ended = closing.status == core::RunStatus::completed || closing.status == core::RunStatus::partial;
  const bool ordinary = !spec.retry && !spec.verify && !reads_a_part(spec);
  return ended && ordinary && !closing.failure && !closing.complete_pass && !clock_differs(spec, closing) &&
         spec.definition.string_at("delete_mode").value_or("ignore") == "ignore" &&
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
  std::vector<std::int64_t> done = sql.engine_by_index(kClose, std::vector<pg::Param>{given.dump()}).integers(0);
  std::ranges::sort(done);
  std::vector<const RunToClose*> closed;
  for (const RunToClose& run : runs)
    if (among(done, run.spec->run)) closed.push_back(&run);
  forget_old_runs(sql, closed);
  note_connections(sql, closed);
  return done;
}

}  // namespace tandem::store
