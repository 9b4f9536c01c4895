// record_sync_error, get_sync_errors, resolve_sync_error, resolve_sync_errors, retry_failed_sync, retry_sync_error.
#include <algorithm>
#include <array>

#include "api/json_args.hpp"
#include "api/outbox.hpp"
#include "api/runnable.hpp"
#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/schema/check.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/log.hpp"
#include "store/errors.hpp"
#include "store/lookup.hpp"
#include "store/mappings.hpp"
#include "store/outbox_verbs.hpp"
#include "store/retry.hpp"
#include "worker/background.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;

constexpr std::array<std::string_view, 10> kErrorTypes{core::error_type::kValidation,   core::error_type::kTransform,
                                                       core::error_type::kApi,          core::error_type::kRateLimit,
                                                       core::error_type::kNetwork,      core::error_type::kAuth,
                                                       core::error_type::kDatabase,     core::error_type::kConflict,
                                                       core::error_type::kSchemaChange, core::error_type::kSystem};
constexpr std::int64_t kMaxRows = 1'000'000;

void check_error_type(const std::string& type) {
  if (std::find(kErrorTypes.begin(), kErrorTypes.end(), type) != kErrorTypes.end()) return;
  const std::vector<std::string> all(kErrorTypes.begin(), kErrorTypes.end());
  throw Failure(Errc::invalid_parameter, base::strcat("unknown error_type \"", type, '"'),
                base::strcat("Allowed: ", base::join(all, ", "), "."),
                core::nearest_hint(type, kErrorTypes, "Allowed"));
}

std::int64_t record_sync_error(const pg::FunctionCall& call) {
  store::ReportedError error;
  error.error_type = call.required_text(1, "error_type");
  check_error_type(error.error_type);
  error.message = call.required_text(2, "message");
  error.record = call.text(3);
  error.retryable = boolean_argument(call, 4, true);
  Caller caller(call, 5);
  const store::MappingRow m =
      store::require_mapping(caller.sql, caller.tenant.tenant_id, call.required_text(0, "mapping"));
  store::require_owner("mapping", m.name, m.owner, m.owner_name);
  return store::record_error(caller.sql, m.tenant_id, m.mapping_id, error);
}

std::vector<std::vector<pg::Out>> get_sync_errors(const pg::FunctionCall& call) {
  const auto mapping = call.text(0);
  const std::int64_t max_rows = call.integer(2).value_or(kMaxRows);
  if (max_rows < 0) throw Failure(Errc::invalid_parameter, "max_rows must not be negative");
  Caller caller(call, 3);
  if (mapping) static_cast<void>(store::require_mapping(caller.sql, caller.tenant.tenant_id, *mapping));
  return store::list_errors(caller.sql, caller.tenant.tenant_id, mapping, boolean_argument(call, 1, false),
                            std::min(max_rows, kMaxRows));
}

std::int64_t error_argument(const pg::FunctionCall& call) {
  const auto error = call.integer(0);
  if (!error) throw Failure(Errc::invalid_parameter, "argument error must not be null");
  return *error;
}

// The mapping of an error, which the caller must own.
store::MappingRow own_mapping_of(Caller& caller, std::int64_t error) {
  const auto mapping_id = store::mapping_of_error(caller.sql, caller.tenant.tenant_id, error);
  if (!mapping_id) {
    throw Failure(Errc::undefined_object, base::strcat("sync error ", error, " does not exist"), {},
                  "SELECT * FROM tandem.get_sync_errors();");
  }
  store::MappingRow m = store::load_mapping(caller.sql, *mapping_id);
  store::require_owner("mapping", m.name, m.owner, m.owner_name);
  return m;
}

bool resolve_sync_error(const pg::FunctionCall& call) {
  const std::int64_t error = error_argument(call);
  const std::optional<std::string> remote_id = call.text(2);
  Caller caller(call, 3);
  const store::MappingRow m = own_mapping_of(caller, error);
  const std::string by = pg::role_name(pg::current_user());
  const auto told = remote_id ? std::optional(tell_record(caller.sql, m, error, *remote_id)) : std::nullopt;
  const bool open = store::resolve_error(caller.sql, caller.tenant.tenant_id, error, by, call.text(1));
  if (told) store::resolve_errors_of(caller.sql, m.mapping_id, *told, by, call.text(1));
  return open;
}

// --- retry

// Local changes that are parked or held go again, as their rows are now; the run that sends them.
std::optional<std::int64_t> retry_changes(Caller& caller, const store::MappingRow& m,
                                          std::optional<std::int64_t> error) {
  const auto key = error ? store::item_of_error(caller.sql, *error) : std::nullopt;
  if (error && !key) return std::nullopt;
  if (store::retry_items(caller.sql, m.mapping_id, key) == 0) return std::nullopt;
  worker::wake_pushers_at_commit(std::array{m.owner});
  return store::push_run(caller.sql, m.mapping_id);
}

std::optional<std::int64_t> retry(Caller& caller, const store::MappingRow& m, std::optional<std::int64_t> error) {
  worker::require_preloaded();
  require_runnable(caller.sql, m);
  const auto sent = store::pushes(m) ? retry_changes(caller, m, error) : std::nullopt;
  const bool pulled = m.definition.string_at("direction") != "push" && !(error && sent);
  const auto run = pulled ? store::request_retry(caller.sql, m.mapping_id, error) : std::nullopt;
  if (run || sent) worker::wake_scheduler_at_commit();
  return sent ? sent : run;
}

std::optional<std::int64_t> retry_failed_sync(const pg::FunctionCall& call) {
  Caller caller(call, 1);
  const std::string name = call.required_text(0, "mapping");
  const auto run = retry(caller, store::require_own_mapping(caller.sql, caller.tenant.tenant_id, name), std::nullopt);
  if (!run) pg::log(pg::Level::notice, base::strcat("mapping \"", name, "\" has no open error to retry"));
  return run;
}

std::int64_t retry_sync_error(const pg::FunctionCall& call) {
  const std::int64_t error = error_argument(call);
  Caller caller(call, 1);
  const auto run = retry(caller, own_mapping_of(caller, error), error);
  if (!run)
    throw Failure(Errc::prerequisite, base::strcat("sync error ", error, " cannot be tried again"),
                  "It is resolved already, or no record is stored with it.",
                  base::strcat("SELECT * FROM tandem.sync_errors WHERE error = ", error, ";"));
  return *run;
}

std::int64_t resolve_sync_errors(const pg::FunctionCall& call) {
  const store::ErrorFilter filter{.code = call.text(1), .error_type = call.text(2), .before = call.instant(3)};
  if (filter.error_type) check_error_type(*filter.error_type);
  Caller caller(call, 5);
  const store::MappingRow m =
      store::require_mapping(caller.sql, caller.tenant.tenant_id, call.required_text(0, "mapping"));
  store::require_owner("mapping", m.name, m.owner, m.owner_name);
  return static_cast<std::int64_t>(store::resolve_errors(caller.sql, m.tenant_id, m.mapping_id, filter,
                                                         pg::role_name(pg::current_user()), call.text(4)));
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_record_sync_error) { return call.ret_integer(tandem::api::record_sync_error(call)); }

TANDEM_FUNCTION(tandem_get_sync_errors) { return call.ret_rows(tandem::api::get_sync_errors(call)); }

TANDEM_FUNCTION(tandem_resolve_sync_error) { return call.ret_boolean(tandem::api::resolve_sync_error(call)); }

TANDEM_FUNCTION(tandem_retry_failed_sync) {
  const auto run = tandem::api::retry_failed_sync(call);
  return run ? call.ret_integer(*run) : call.ret_null();
}

TANDEM_FUNCTION(tandem_retry_sync_error) { return call.ret_integer(tandem::api::retry_sync_error(call)); }

TANDEM_FUNCTION(tandem_resolve_sync_errors) { return call.ret_integer(tandem::api::resolve_sync_errors(call)); }
