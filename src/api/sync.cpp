// Running mappings by hand: sync_now, CALL sync, wait_for_run, cancel_run; and what a
// schedule means: next_runs, describe_schedule.
#include <array>

#include "api/runnable.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/mapping/mapping.hpp"
#include "core/schedule/schedule.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/function_call.hpp"
#include "pg/log.hpp"
#include "pg/procedure.hpp"
#include "pg/shared_memory.hpp"
#include "pg/sql.hpp"
#include "pg/timezone.hpp"
#include "store/connections.hpp"
#include "store/lookup.hpp"
#include "store/mappings.hpp"
#include "store/push_runs.hpp"
#include "store/run_terms.hpp"
#include "store/runs.hpp"
#include "store/tenants.hpp"
#include "worker/background.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::strcat;

// They are held to the rules of the mapping's own: else what paging or the cursor sets would win without a word.
void require_params(pg::Sql& sql, const store::MappingRow& mapping, const base::Json& params) {
  if (params.members().empty()) return;
  base::Json definition = mapping.definition;
  const base::Json* given = definition.find("options");
  base::Json options = given != nullptr && given->is_object() ? *given : base::Json::object();
  options.set("params", params);
  definition.set("options", std::move(options));
  const store::Connection connection = store::load_connection(sql, mapping.connection_id);
  const core::ParsedMapping parsed = core::parse_mapping(mapping.name, definition, connection.api(), {}, {});
  for (const core::Finding& finding : parsed.findings)
    if (finding.severity == core::Severity::error && finding.path.starts_with("options.params"))
      throw Failure(Errc::invalid_parameter,
                    strcat(finding.path.substr(std::string_view("options.").size()), ": ", finding.message), {},
                    finding.hint);
}

// One that is under way gets as far as it was asked to: it cannot become a full one, or one with other parameters.
void require_same_run(pg::Sql& sql, const std::string& mapping, std::int64_t run, bool full, const base::Json& params) {
  if (store::run_covers(sql, run, full, params)) return;
  throw Failure(
      Errc::prerequisite, strcat("mapping ", mapping, " is running, without ", full ? "\"full\"" : "these params"),
      strcat("Run ", run, " was asked for otherwise."),
      strcat("SELECT tandem.wait_for_run(", run, "); or SELECT tandem.cancel_run(", run, "); and then again."));
}

// A push that is under way can be asked to look at all rows, too.
bool joined(pg::Sql& sql, const store::MappingRow& mapping, bool full, const base::Json& params) {
  if (!full || !params.members().empty() || mapping.definition.string_at("direction") != "push") return false;
  if (!store::widen_push(sql, mapping.mapping_id)) return false;
  worker::wake_pushers_at_commit(std::array{mapping.owner});
  return true;
}

std::int64_t start_run(std::string_view tenant, std::string_view name, bool full, const base::Json& params) {
  worker::require_preloaded();
  pg::CallerSpi sql;
  const store::MappingRow mapping = store::require_own_mapping(sql, store::require_tenant(sql, tenant).tenant_id, name);
  require_runnable(sql, mapping);
  require_params(sql, mapping, params);
  bool created = false;
  const std::int64_t run = store::request_run(sql, mapping.mapping_id, full, params, created);
  if (!created && !joined(sql, mapping, full, params)) require_same_run(sql, mapping.name, run, full, params);
  worker::wake_scheduler_at_commit();
  return run;
}

base::Json params_of(pg::FunctionCall& call, int argument) {
  const auto text = call.text(argument);
  if (!text) return base::Json::object();
  base::Json params = base::Json::parse(*text).value();
  if (!params.is_object())
    throw Failure(Errc::invalid_parameter, "params must be a JSON object", {}, "params => '{\"region\": \"EU\"}'");
  return params;
}

struct RunView {
  std::string status, message;
};

RunView look_at_run(std::int64_t run) {
  pg::CallerSpi sql;
  const std::optional<store::RunState> state = store::run_state(sql, run);
  if (!state)
    throw Failure(Errc::undefined_object, strcat("there is no run ", run), {}, "SELECT * FROM tandem.recent_runs;");
  if (state->made_here)
    throw Failure(Errc::prerequisite,
                  strcat("run ", run, " was requested in this transaction and starts when it commits"), {},
                  "COMMIT first, or CALL tandem.sync(...), which commits and waits.");
  return {state->status, state->message.value_or("")};
}

bool ended(const RunView& view) { return view.status != "pending" && view.status != "running"; }

// Wakes with every run that ends, not by the clock.
// `between`: what to do before each wait.
template <class Between>
RunView wait_until_ended(std::int64_t run, base::Micros timeout, Between&& between) {
  const base::Micros until = base::monotonic() + timeout;
  pg::NewsWait news;
  while (true) {
    RunView view = look_at_run(run);
    const base::Micros left = until - base::monotonic();
    if (ended(view) || left <= 0) return view;
    between();
    news.wait(left);
  }
}

struct ZonedSchedule {
  core::Schedule schedule;
  pg::TimeZone zone;
};

ZonedSchedule schedule_of(const std::string& text) {
  core::Schedule schedule = core::Schedule::parse(text).value();
  const std::optional<pg::TimeZone> zone = pg::TimeZone::find(schedule.zone());
  if (!zone)
    throw Failure(Errc::invalid_parameter, strcat("time zone \"", schedule.zone(), "\" of the schedule is not known"),
                  {}, "SELECT name FROM pg_timezone_names;");
  return {std::move(schedule), *zone};
}

}  // namespace

// (mapping text, full boolean, params jsonb, tenant text) → bigint
TANDEM_FUNCTION(tandem_sync_now) {
  const std::string mapping = call.required_text(0, "mapping");
  return call.ret_integer(
      start_run(call.required_text(3, "tenant"), mapping, call.boolean(1).value_or(false), params_of(call, 2)));
}

// CALL sync(mapping text, full boolean, timeout interval, tenant text)
TANDEM_FUNCTION(tandem_sync) {
  const std::string mapping = call.required_text(0, "mapping");
  if (!call.may_commit())
    throw Failure(Errc::prerequisite,
                  "tandem.sync commits, so it cannot be called inside a transaction block or a function", {},
                  strcat("SELECT tandem.sync_now('", mapping, "'); and COMMIT"));
  const base::Micros timeout = timeout_of(call, 2);
  const std::int64_t run =
      start_run(call.required_text(3, "tenant"), mapping, call.boolean(1).value_or(false), base::Json::object());
  pg::commit_and_go_on();
  // Looking takes a snapshot, which lasts until the next commit.
  const RunView view = wait_until_ended(run, timeout, [] { pg::commit_and_go_on(); });
  const std::string hint = strcat("SELECT * FROM tandem.recent_runs WHERE run = ", run, ";");
  if (!ended(view))
    throw Failure(Errc::timed_out, strcat("run ", run, " of ", mapping, " is still ", view.status),
                  "It goes on by itself.", hint);
  if (view.status == "failed" || view.status == "cancelled")
    throw Failure(
        Errc::remote_error,
        strcat("run ", run, " of ", mapping, " ", view.status, view.message.empty() ? "" : ": ", view.message), {},
        hint);
  const bool partial = view.status == "partial";  // with a message it is about that, else about records
  pg::log(partial ? pg::Level::warning : pg::Level::notice, strcat("run ", run, " of ", mapping, " ", view.status),
          view.message,
          !partial                ? std::string()
          : !view.message.empty() ? hint
                                  : strcat("SELECT * FROM tandem.get_sync_errors(", pg::quote_literal(mapping), ");"));
  return call.ret_void();
}

// (run bigint, timeout interval) → text
TANDEM_FUNCTION(tandem_wait_for_run) {
  const auto run = call.integer(0);
  if (!run) return call.ret_null();
  worker::require_preloaded();
  return call.ret_text(wait_until_ended(*run, timeout_of(call, 1), [] {}).status);
}

// (run bigint) → boolean
TANDEM_FUNCTION(tandem_cancel_run) {
  const auto run = call.integer(0);
  if (!run) return call.ret_null();
  pg::CallerSpi sql;
  const std::optional<store::RunState> state = store::run_state(sql, *run);
  if (!state)
    throw Failure(Errc::undefined_object, strcat("there is no run ", *run), {}, "SELECT * FROM tandem.recent_runs;");
  const store::MappingRow mapping = store::load_mapping(sql, state->mapping_id);
  store::require_owner("mapping", mapping.name, mapping.owner, mapping.owner_name);
  const bool asked = store::request_cancel(sql, *run);
  if (asked) {
    worker::wake_workers_at_commit();
    worker::wake_scheduler_at_commit();  // another one may have waited for it
  }
  return call.ret_boolean(asked);
}

// (schedule text, count int) → setof timestamptz
TANDEM_FUNCTION(tandem_next_runs) {
  const ZonedSchedule zoned = schedule_of(call.required_text(0, "schedule"));
  const std::int64_t count = call.integer(1).value_or(5);
  if (count < 1 || count > 1000) throw Failure(Errc::invalid_parameter, "count must be between 1 and 1000");
  std::vector<std::vector<pg::Out>> rows;
  std::optional<base::Instant> at = base::now();
  for (std::int64_t i = 0; i < count && at; ++i) {
    at = zoned.schedule.next(*at, [&](base::Instant when) { return zoned.zone.offset_at(when); });
    if (at) rows.push_back({pg::Out(*at)});
  }
  return call.ret_rows(rows);
}

// (schedule text) → text
TANDEM_FUNCTION(tandem_describe_schedule) {
  return call.ret_text(schedule_of(call.required_text(0, "schedule")).schedule.describe());
}

}  // namespace tandem::api
