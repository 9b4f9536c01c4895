// copy_mapping: another mapping like this one, with changes, for the same or another tenant.
#include "api/json_args.hpp"
#include "api/mappings_draft.hpp"
#include "api/mappings_patch.hpp"
#include "base/strings.hpp"
#include "core/schema/check.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "store/capture.hpp"
#include "store/mappings.hpp"
#include "store/push_runs.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::Json;

Json checked_changes(const pg::FunctionCall& call) {
  Json changes = object_argument(call, 2, "changes").value_or(Json::object());
  core::Findings findings;
  const core::ObjectReader keys(changes, "", kMappingArguments, findings);
  raise(findings, "changes: ");
  if (changes.find("name") != nullptr)
    throw Failure(Errc::invalid_parameter, "changes: name: the name of the copy is the argument new_name");
  return changes;
}

// Nothing of what the original has read counts for the copy. It belongs to whoever makes it.
std::int64_t copy_mapping(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "name");
  const std::string new_name = name_argument(call, 1, "new_name");
  const Json changes = checked_changes(call);
  Caller caller(call, 4);
  const store::MappingRow original = store::require_mapping(caller.sql, caller.tenant.tenant_id, name);
  if (const auto tenant = call.text(3)) caller.tenant = store::require_tenant(caller.sql, *tenant);
  if (store::find_mapping(caller.sql, caller.tenant.tenant_id, new_name)) throw already_exists("mapping", new_name);
  Json given = patched_arguments(original, changes);
  given.set("name", Json(new_name));
  const auto target = changes.find("target") == nullptr ? std::optional(original.target) : std::nullopt;
  Draft draft = make_draft(caller, given, pg::current_user(), target);
  raise(draft.findings, base::strcat("mapping \"", new_name, "\": "));
  draft.row.metadata =
      call.is_null(2) ? original.metadata : patched_metadata(caller, original.metadata, changes, call, 2);
  draft.row.next_run_at = next_due(draft.row);
  const auto id = store::insert_mapping(caller.sql, draft.row);
  if (!id) throw already_exists("mapping", new_name);
  if (draft.mapping.pushes()) store::refresh_capture(caller.sql, draft.row.target);
  const bool initial = draft.mapping.pushes() && draft.mapping.push.initial;
  if (initial) store::request_full_push(caller.sql, *id);
  if (draft.row.next_run_at || initial) worker::wake_scheduler_at_commit();
  return *id;
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_copy_mapping) { return call.ret_integer(tandem::api::copy_mapping(call)); }
