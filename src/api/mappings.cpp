// create_mapping, alter_mapping, validate_mapping, check_mapping.
#include <algorithm>

#include "api/json_args.hpp"
#include "api/mappings_draft.hpp"
#include "api/readiness.hpp"
#include "api/mappings_patch.hpp"
#include "base/strings.hpp"
#include "core/schema/check.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/log.hpp"
#include "store/capture.hpp"
#include "store/mappings.hpp"
#include "store/push_runs.hpp"
#include "store/stamped_rows.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::Json;

// --- create

Json given_arguments(const pg::FunctionCall& call) {
  Json given = Json::object();
  const auto text = [&](int i, const char* key) {
    if (auto value = call.text(i)) given.set(key, Json(*std::move(value)));
  };
  const auto texts = [&](int i, const char* key) {
    const auto values = call.text_array(i);
    if (!values) return;
    Json list = Json::array();
    for (const std::string& value : *values) list.push(Json(value));
    given.set(key, std::move(list));
  };
  text(0, "name");
  text(1, "connection");
  text(2, "object");
  if (auto columns = json_argument(call, 4, "columns")) given.set("columns", *std::move(columns));
  texts(5, "key");
  texts(6, "match_on");
  text(7, "direction");
  text(8, "sync_mode");
  text(9, "cursor_field");
  text(10, "write_mode");
  text(11, "schedule");
  if (auto conditions = json_argument(call, 12, "conditions")) given.set("conditions", *std::move(conditions));
  text(13, "conflict_resolution");
  text(14, "delete_mode");
  if (auto options = json_argument(call, 15, "options")) given.set("options", *std::move(options));
  given.set("enabled", Json(boolean_argument(call, 16, true)));
  text(17, "label");
  return given;
}

void notice_sync_mode(const Draft& draft) {
  const core::Mapping& m = draft.mapping;
  if (!m.pulls()) return;  // there is no other one
  const bool incremental = m.sync_mode == core::SyncMode::incremental;
  pg::log(pg::Level::notice,
          incremental
              ? base::strcat("mapping \"", m.name, "\": sync_mode is incremental, by ",
                             m.cursor_field.empty() ? "the other side's token" : base::strcat("field ", m.cursor_field))
              : base::strcat("mapping \"", m.name, "\": sync_mode is full, for object ", m.object, " has no cursor"));
}

std::int64_t create_mapping(const pg::FunctionCall& call) {
  const std::string name = name_argument(call, 0, "name");
  const auto target = call.integer(3);
  if (!target)
    throw Failure(Errc::invalid_parameter, "argument target must not be null", {},
                  "SELECT * FROM tandem.mappable_tables;");
  const Json given = given_arguments(call);
  const std::string metadata = object_text(call, 18, "metadata");
  Caller caller(call, 20);
  const auto existing = [&]() -> std::optional<std::int64_t> {
    const auto found = store::find_mapping(caller.sql, caller.tenant.tenant_id, name);
    if (!found) return std::nullopt;
    skip_existing("mapping", name, boolean_argument(call, 19, false));
    return found->mapping_id;
  };
  if (const auto there = existing()) return *there;
  Draft draft = make_draft(caller, given, pg::current_user(), static_cast<pg::Oid>(*target));
  raise(draft.findings, base::strcat("mapping \"", name, "\": "));
  draft.row.metadata = metadata;
  draft.row.next_run_at = next_due(draft.row);
  const auto id = store::insert_mapping(caller.sql, draft.row);
  if (!id) {  // somebody else has just made it
    if (const auto there = existing()) return *there;
    throw already_exists("mapping", name);
  }
  if (draft.mapping.pushes()) store::refresh_capture(caller.sql, draft.row.target);
  const bool initial = draft.mapping.pushes() && draft.mapping.push.initial;
  if (initial) store::request_full_push(caller.sql, *id);
  if (given.find("sync_mode") == nullptr) notice_sync_mode(draft);
  if (draft.row.next_run_at || initial) worker::wake_scheduler_at_commit();
  return *id;
}

// --- alter

// What a changed definition makes of what was read before.
store::Reread reread_after(const store::MappingRow& before, const store::MappingRow& after) {
  const auto differs = [&](const char* key) {
    const Json *was = before.definition.find(key), *is = after.definition.find(key);
    return (was == nullptr) != (is == nullptr) || (was != nullptr && *was != *is);
  };
  const auto option = [](const store::MappingRow& row, const char* key) {
    const Json* options = row.definition.find("options");
    const Json* found = options == nullptr ? nullptr : options->find(key);
    return found == nullptr ? Json() : *found;
  };
  if (before.connection_id != after.connection_id || before.target != after.target) return store::Reread::everything;
  // What was remembered of records in one of these ways means nothing in the other.
  for (const char* key :
       {"filters", "params", "stamp", "hash_fields", "verify", "soft_delete_columns", "source_query", "source_key"}) {
    if (option(before, key) != option(after, key)) return store::Reread::everything;
  }
  for (const char* key : {"object", "direction", "sync_mode", "cursor_field"}) {
    if (differs(key)) return store::Reread::everything;
  }
  for (const char* key : {"columns", "key", "match_on", "write_mode", "conditions", "delete_mode"}) {
    if (differs(key))
      return option(after, "backfill") == Json(false) ? store::Reread::changes : store::Reread::everything;
  }
  return differs("options") ? store::Reread::listing : store::Reread::nothing;
}

// The row with what the patch changed; the definition is looked at only if it is touched, so that a mapping whose
// table is gone can still be disabled or renamed.
store::MappingRow changed_row(Caller& caller, const store::MappingRow& before, const Json& changes, const Json& given) {
  const bool touched = std::any_of(kDefinitionArguments.begin(), kDefinitionArguments.end(),
                                   [&](std::string_view key) { return changes.find(key) != nullptr; });
  store::MappingRow after = before;
  if (touched) {
    const auto target = changes.find("target") == nullptr ? std::optional(before.target) : std::nullopt;
    Draft draft = make_draft(caller, given, before.owner, target);
    raise(draft.findings, base::strcat("mapping \"", before.name, "\": "));
    if (const Json* mode = changes.find("sync_mode"); mode != nullptr && mode->is_null()) notice_sync_mode(draft);
    after = std::move(draft.row);
    after.mapping_id = before.mapping_id;
    after.paused = before.paused;
    after.metadata = before.metadata;
  } else {
    Draft draft;
    core::ObjectReader in(given, "", kMappingArguments, draft.findings);
    after.name = in.text("name").value_or("");
    after.schedule = in.text("schedule");
    after.enabled = in.boolean("enabled").value_or(true);
    after.label = in.text("label");
    draft.row.schedule = after.schedule;
    check_schedule(draft);
    raise(draft.findings, base::strcat("mapping \"", before.name, "\": "));
  }
  return after;
}

// Whether all rows are looked at once more: it begins to push, or what it sends of them is something else now. Both
// ways, what stands at the other side may be newer: there only changes go.
bool sends_all_after(const store::MappingRow& before, const store::MappingRow& after) {
  if (!store::pushes(after)) return false;
  const Json* options = after.definition.find("options");
  if (!store::pushes(before) || before.target != after.target)
    return options == nullptr || options->string_at("initial") != "none";
  return after.definition.string_at("direction") == "push" && reread_after(before, after) == store::Reread::everything;
}

void alter_mapping(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "name");
  const Json changes = required_object(call, 1, "changes");
  Caller caller(call, 2);
  const store::MappingRow before = store::require_own_mapping(caller.sql, caller.tenant.tenant_id, name);
  core::Findings findings;
  const core::ObjectReader keys(changes, "", kMappingArguments, findings);
  raise(findings, "changes: ");
  store::MappingRow after = changed_row(caller, before, changes, patched_arguments(before, changes));
  after.metadata = patched_metadata(caller, before.metadata, changes, call, 1);
  check_name(after.name, "changes: name");
  if (after.name != before.name && store::find_mapping(caller.sql, caller.tenant.tenant_id, after.name)) {
    throw already_exists("mapping", after.name);
  }
  if (after.name != before.name)
    if (auto problem = store::rename_problem(caller.sql, before, "mapping", before.name, after.name))
      throw Failure(*std::move(problem));
  const bool rescheduled = after.schedule != before.schedule || after.enabled != before.enabled;
  after.next_run_at = rescheduled ? next_due(after) : before.next_run_at;
  store::update_mapping(caller.sql, after, reread_after(before, after));
  if (store::pushes(before) && (before.target != after.target || !store::pushes(after)))
    store::refresh_capture(caller.sql, before.target);
  if (store::pushes(after)) store::refresh_capture(caller.sql, after.target);
  if (sends_all_after(before, after)) store::request_full_push(caller.sql, after.mapping_id);
  worker::wake_scheduler_at_commit();
}

// --- check

core::Findings validate_mapping(const pg::FunctionCall& call) {
  Caller caller(call, 1);
  const store::MappingRow row =
      store::require_mapping(caller.sql, caller.tenant.tenant_id, call.required_text(0, "name"));
  core::Findings findings = check_draft(caller, arguments_of(row), row.owner, row.target);
  check_readiness(caller, row, findings);
  return findings;
}

core::Findings check_mapping(const pg::FunctionCall& call) {
  const Json definition = required_object(call, 0, "definition");
  Caller caller(call, 1);
  return check_draft(caller, definition, pg::current_user(), std::nullopt);
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_create_mapping) { return call.ret_integer(tandem::api::create_mapping(call)); }

TANDEM_FUNCTION(tandem_alter_mapping) {
  tandem::api::alter_mapping(call);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_validate_mapping) {
  return call.ret_rows(tandem::api::rows_by_column(tandem::api::validate_mapping(call)));
}

TANDEM_FUNCTION(tandem_check_mapping) {
  return call.ret_rows(tandem::api::rows_by_column(tandem::api::check_mapping(call)));
}
