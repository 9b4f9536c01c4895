// verify_now: a run that compares and writes nothing; run_differences: what it found.
#include <algorithm>

#include "api/json_args.hpp"
#include "api/runnable.hpp"
#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "store/mappings.hpp"
#include "store/run_terms.hpp"
#include "store/runs.hpp"
#include "store/target.hpp"
#include "store/verify.hpp"
#include "worker/background.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::strcat;

std::int64_t verify_now(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "mapping");
  worker::require_preloaded();
  Caller caller(call, 1);
  const store::MappingRow mapping = store::require_own_mapping(caller.sql, caller.tenant.tenant_id, name);
  require_runnable(caller.sql, mapping);
  if (mapping.definition.string_at("write_mode") == "append")
    throw Failure(Errc::prerequisite, strcat("mapping ", name, " appends: no row of its table stands for a record"), {},
                  "Only mappings that find rows by a key can be compared.");
  const std::int64_t run = store::request_verify(caller.sql, mapping.mapping_id);
  worker::wake_scheduler_at_commit();
  return run;
}

// Values of rows stand in differences: for those who may read all of them, or act as the owner, whose rights found
// them.
void require_reader(pg::Sql& sql, const store::MappingRow& mapping) {
  if (pg::has_role(pg::current_user(), mapping.owner)) return;
  const store::Readable readable = store::readable(sql, mapping.target);
  if (readable == store::Readable::all) return;
  const std::string role = pg::quote_identifier(pg::role_name(pg::current_user()));
  if (readable == store::Readable::some)
    throw Failure(Errc::insufficient_privilege,
                  strcat("row level security keeps rows of ", mapping.target_name, " from role ", role),
                  "Differences hold values of any of its rows.",
                  strcat("GRANT ", pg::quote_identifier(mapping.owner_name), " TO ", role, ";"));
  throw Failure(Errc::insufficient_privilege, strcat("role ", role, " lacks SELECT on table ", mapping.target_name),
                "Differences hold values of its rows.",
                strcat("GRANT SELECT ON ", mapping.target_name, " TO ", role, ";"));
}

std::vector<std::vector<pg::Out>> run_differences(const pg::FunctionCall& call) {
  const auto run = call.integer(0);
  if (!run) return {};
  pg::CallerSpi sql;
  const std::optional<store::RunState> state = store::run_state(sql, *run);
  const std::vector<store::Tenant> granted = store::granted_tenants(sql);
  const auto is_of = [&](std::int64_t tenant) {
    return std::ranges::find(granted, tenant, &store::Tenant::tenant_id) != granted.end();
  };
  const std::optional<store::MappingRow> mapping =
      state ? store::find_mapping(sql, state->mapping_id) : std::optional<store::MappingRow>();
  if (!mapping || !is_of(mapping->tenant_id))
    throw Failure(Errc::undefined_object, strcat("there is no run ", *run), {},
                  "SELECT run, mapping, message FROM tandem.recent_runs WHERE kind = 'verify';");
  require_reader(sql, *mapping);
  if (!store::is_verification(sql, *run))
    throw Failure(Errc::prerequisite, strcat("run ", *run, " of ", mapping->name, " compared nothing"), {},
                  strcat("SELECT tandem.verify_now(", pg::quote_literal(mapping->name), ");"));
  return store::list_differences(sql, *run);
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_verify_now) { return call.ret_integer(tandem::api::verify_now(call)); }

TANDEM_FUNCTION(tandem_run_differences) { return call.ret_rows(tandem::api::run_differences(call)); }
