#include "api/mappings_draft.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/mapping_codes.hpp"
#include "core/schedule.hpp"
#include "core/schema_check.hpp"
#include "pg/catalog.hpp"
#include "pg/log.hpp"
#include "store/connections.hpp"
#include "store/fields.hpp"
#include "store/queue.hpp"
#include "store/target.hpp"

namespace tandem::api {

using base::Errc;
using base::Failure;
using base::Json;

namespace {

void read_plain_arguments(const Json& given, Draft& draft) {
  core::ObjectReader in(given, "", kMappingArguments, draft.findings);
  for (const char* key : {"name", "connection", "object"}) {
    if (in.find(key) == nullptr) in.missing(key);
  }
  store::MappingRow& row = draft.row;
  row.name = in.text("name").value_or("");
  row.connection = in.text("connection").value_or("");
  row.object = in.text("object").value_or("");
  row.schedule = in.text("schedule");
  row.enabled = in.boolean("enabled").value_or(true);
  row.label = in.text("label");
  if (const Json* metadata = in.find("metadata")) {
    if (metadata->is_object())
      row.metadata = metadata->dump();
    else
      in.error("metadata", "must be an object", {}, core::finding_code::kWrongKind);
  }
}

pg::Table find_table(Caller& caller, const Json& given, std::optional<pg::Oid> target) {
  if (!target) {
    const auto name = given.string_at("target");
    if (!name) throw Failure(Errc::invalid_parameter, "\"target\" is missing", {}, "\"target\": \"public.contacts\"");
    target = store::resolve_target(caller.sql, *name);
  }
  auto table = pg::describe_table(caller.sql, *target);
  if (!table) {
    throw Failure(Errc::undefined_object,
                  base::strcat("table ", given.string_at("target").value_or(""), " does not exist any more"), {},
                  "SELECT * FROM tandem.mappable_tables;");
  }
  return *std::move(table);
}

void require_usable(Caller& caller, const pg::Table& table, pg::Oid owner, const std::string& owner_name) {
  if (auto problem = store::target_problem(caller.sql, table)) throw Failure(*std::move(problem));
  if (auto problem = store::owner_problem(owner, owner_name)) throw Failure(*std::move(problem));
  if (auto problem = store::privilege_problem(caller.sql, table, owner)) throw Failure(*std::move(problem));
}

Json definition_of(const Json& given) {
  Json definition = Json::object();
  for (const std::string_view key : kDefinitionArguments) {
    if (key == "connection" || key == "target") continue;
    const Json* value = given.find(key);
    if (value != nullptr && !value->is_null()) definition.set(std::string(key), *value);
  }
  const auto fill = [&](const char* key, Json value) {
    if (definition.find(key) == nullptr) definition.set(key, std::move(value));
  };
  fill("direction", Json(std::string("pull")));
  fill("write_mode", Json(std::string("upsert")));
  fill("options", Json::object());
  return definition;
}

// What was left to us is written down, so that it stays what it was when the connection or the table changes.
void fill_in(Json& definition, const core::Mapping& mapping) {
  if (definition.find("sync_mode") == nullptr) {
    definition.set("sync_mode",
                   Json(std::string(mapping.sync_mode == core::SyncMode::incremental ? "incremental" : "full")));
  }
  if (definition.find("columns") == nullptr) {
    Json columns = Json::object();
    for (const core::ColumnMapping& column : mapping.columns) columns.set(column.field, Json(column.column));
    definition.set("columns", std::move(columns));
  }
}

}  // namespace

Draft make_draft(Caller& caller, const Json& given, pg::Oid owner, std::optional<pg::Oid> target) {
  Draft draft;
  read_plain_arguments(given, draft);
  if (core::has_errors(draft.findings)) return draft;
  store::MappingRow& row = draft.row;
  const store::Connection connection = store::require_connection(caller.sql, caller.tenant.tenant_id, row.connection);
  const pg::Table table = find_table(caller, given, target);
  row.tenant_id = caller.tenant.tenant_id;
  row.connection_id = connection.connection_id;
  row.target = table.oid;
  row.target_name = table.quoted;
  row.owner = owner;
  row.owner_name = pg::role_name(owner);
  require_usable(caller, table, owner, row.owner_name);
  store::require_connection_use(caller.sql, connection.connection_id, owner);
  check_schedule(draft);

  const core::Api api = connection.api();
  const core::Target described = store::target_of(table);
  const auto fields = store::load_fields(caller.sql, connection.connection_id, row.object);
  row.definition = definition_of(given);
  core::ParsedMapping parsed = core::parse_mapping(row.name, row.definition, api, described, fields);
  const bool sound = !core::has_errors(parsed.findings);
  draft.findings.insert(draft.findings.end(), parsed.findings.begin(), parsed.findings.end());
  if (!sound) return draft;
  const core::Findings more = core::validate_mapping(parsed.mapping, api, described, fields);
  draft.findings.insert(draft.findings.end(), more.begin(), more.end());
  fill_in(row.definition, parsed.mapping);
  draft.mapping = std::move(parsed.mapping);
  return draft;
}

void check_schedule(Draft& draft) {
  if (!draft.row.schedule) return;
  const auto next = store::next_run_at(*draft.row.schedule, base::now());
  core::Finding finding{.path = "schedule",
                        .message = {},
                        .hint = {},
                        .code = core::finding_code::kWrongValue,
                        .field = {},
                        .column = {}};
  if (!next.ok()) {
    finding.message = next.error().text;
    finding.hint = next.error().hint.empty() ? next.error().detail : next.error().hint;
  } else if (!next.value()) {
    finding.severity = core::Severity::warning;
    finding.message = base::strcat("\"", *draft.row.schedule, "\" never comes");
  } else {
    return;
  }
  draft.findings.push_back(std::move(finding));
}

core::Findings check_draft(Caller& caller, const Json& given, pg::Oid owner, std::optional<pg::Oid> target) {
  try {
    return make_draft(caller, given, owner, target).findings;
  } catch (const Failure& failure) {  // ours, not Postgres's: the transaction is as it was
    const base::Error& error = failure.error();
    return {{.path = {},
             .message = error.text,
             .hint = error.hint.empty() ? error.detail : error.hint,
             .code = core::mapping_code::kUnusable,
             .field = {},
             .column = {}}};
  }
}

Json arguments_of(const store::MappingRow& row) {
  Json given = Json::object();
  given.set("name", Json(row.name));
  given.set("connection", Json(row.connection));
  given.set("object", Json(row.object));
  given.set("target", Json(row.target_name));
  for (const auto& [key, value] : row.definition.members()) given.set(key, value);
  if (row.schedule) given.set("schedule", Json(*row.schedule));
  given.set("enabled", Json(row.enabled));
  if (row.label) given.set("label", Json(*row.label));
  return given;
}

std::optional<base::Instant> next_due(const store::MappingRow& row) {
  if (!row.schedule || !row.enabled) return std::nullopt;
  return store::next_run_at(*row.schedule, base::now()).value();
}

}  // namespace tandem::api
