// _preloaded, _wake_launcher, _processes, adopt, pause_all, resume_all.
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/databases.hpp"
#include "pg/entry.hpp"
#include "pg/function_call.hpp"
#include "pg/log.hpp"
#include "pg/sql.hpp"
#include "store/capture.hpp"
#include "store/instance.hpp"
#include "store/mappings.hpp"
#include "worker/background.hpp"
#include "worker/clone_guard.hpp"
#include "worker/wake.hpp"

namespace tandem::api {
namespace {

using base::Errc;
using base::Failure;

void require_database_owner(std::string_view what) {
  if (pg::owns_current_database()) return;
  throw Failure(Errc::insufficient_privilege, base::strcat("permission denied for ", what),
                base::strcat("Only the owner of database \"", pg::database_name(), "\" and superusers may do this."));
}

std::optional<std::int64_t> known(pg::Oid oid) {
  return oid == pg::kInvalidOid ? std::nullopt : std::optional<std::int64_t>(oid);
}

std::vector<pg::Out> row_of(const worker::ProcessInfo& process) {
  const auto pid = process.pid == 0 ? std::nullopt : std::optional(process.pid);
  return {pid,
          worker::kind_name(process.kind),
          known(process.database),
          known(process.role),
          worker::state_name(process.state),
          process.runs,
          process.launched_at,
          process.last_error_at};
}

void tell_unbound(const std::vector<std::string>& names) {
  if (names.empty()) return;
  pg::log(pg::Level::warning, base::strcat("these mappings have no table or no owner here: ", base::join(names, ", ")),
          {}, "SELECT * FROM tandem.doctor();");
}

}  // namespace
}  // namespace tandem::api

using namespace tandem;

TANDEM_FUNCTION(tandem__preloaded) { return call.ret_boolean(worker::preloaded()); }

// Runs in the install and upgrade scripts: a database that has no identity yet is given one.
TANDEM_FUNCTION(tandem__wake_launcher) {
  pg::CallerSpi sql;
  if (store::read_instances(sql).empty()) worker::adopt(sql);
  worker::wake_scheduler_at_commit();
  return call.ret_void();
}

TANDEM_FUNCTION(tandem__processes) {
  const bool all = pg::may_monitor();
  std::vector<std::vector<pg::Out>> rows;
  for (const worker::ProcessInfo& process : worker::process_list()) {
    if (all || process.database == pg::database_oid()) rows.push_back(api::row_of(process));
  }
  return call.ret_rows(rows);
}

TANDEM_FUNCTION(tandem_adopt) {
  api::require_database_owner("function adopt");
  pg::CallerSpi sql;
  worker::adopt(sql);
  api::tell_unbound(store::rebind_by_name(sql));
  store::refresh_all_captures(sql);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_pause_all) {
  api::require_database_owner("function pause_all");
  pg::CallerSpi sql;
  if (store::pause_by_person(sql, pg::role_name(pg::session_user()))) worker::wake_scheduler_at_commit();
  store::refresh_pushers(sql);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_resume_all) {
  api::require_database_owner("function resume_all");
  pg::CallerSpi sql;
  if (store::resume_by_person(sql)) worker::wake_scheduler_at_commit();
  store::refresh_pushers(sql);
  return call.ret_void();
}
