// approve_deletes: a person says that it is right that so many rows go.
#include "api/runnable.hpp"
#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/function_call.hpp"
#include "store/deletes.hpp"
#include "store/mappings.hpp"
#include "store/source.hpp"
#include "store/tenants.hpp"
#include "worker/background.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::strcat;

std::int64_t approve_deletes(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "mapping");
  const auto at_most = call.integer(1);
  if (!at_most || *at_most < 0)
    throw Failure(Errc::invalid_parameter, "argument at_most must be a number of rows", {},
                  "SELECT count(*) FROM tandem.pending_deletes;");
  worker::require_preloaded();
  pg::CallerSpi sql;
  const store::Tenant tenant = store::require_tenant(sql, call.required_text(2, "tenant"));
  const store::MappingRow mapping = store::require_own_mapping(sql, tenant.tenant_id, name);
  if (mapping.definition.string_at("delete_mode").value_or("ignore") == "ignore")
    throw Failure(Errc::prerequisite, strcat("mapping ", name, " deletes nothing"), "Its delete_mode is ignore.",
                  strcat("SELECT tandem.alter_mapping(", pg::quote_literal(name), ", '{\"delete_mode\": \"hard\"}');"));
  if (mapping.definition.string_at("direction") == "push" && !store::has_source(mapping.definition))
    throw Failure(Errc::prerequisite, strcat("mapping ", name, " holds no deletes back"),
                  "What is deleted here is deleted there as soon as it is sent.",
                  "SELECT * FROM tandem.outbox WHERE operation = 'delete';");
  require_runnable(sql, mapping);
  const std::optional<std::int64_t> run = store::request_approved_run(sql, mapping.mapping_id, *at_most);
  if (!run)
    throw Failure(Errc::prerequisite, strcat("mapping ", name, " is running"),
                  "What is approved is deleted by a run of its own.",
                  "Wait for its end (SELECT * FROM tandem.run_progress), then approve again.");
  worker::wake_scheduler_at_commit();
  return *run;
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_approve_deletes) { return call.ret_integer(tandem::api::approve_deletes(call)); }
