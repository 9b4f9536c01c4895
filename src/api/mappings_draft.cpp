#include "api/mappings_draft.hpp"

#include <algorithm>

#include "api/zones.hpp"
#include "base/strings.hpp"
#include "core/mapping/codes.hpp"
#include "core/mapping/stamp.hpp"
#include "core/schedule/schedule.hpp"
#include "core/schema/check.hpp"
#include "pg/catalog.hpp"
#include "pg/log.hpp"
#include "store/chain.hpp"
#include "store/child_check.hpp"
#include "store/connections.hpp"
#include "store/events.hpp"
#include "store/fields.hpp"
#include "store/mapping_mates.hpp"
#include "store/queue.hpp"
#include "store/references.hpp"
#include "store/source.hpp"
#include "store/target.hpp"
#include "store/target_checks.hpp"
#include "store/transform_check.hpp"

namespace tandem::api {

using base::Errc;
using base::Failure;
using base::Json;

namespace {

void read_plain_arguments(const Json& given, bool has_target, Draft& draft) {
  core::ObjectReader in(given, "", kMappingArguments, draft.findings);
  for (const char* key : {"name", "connection", "object"}) {
    if (in.find(key) == nullptr) in.missing(key);
  }
  if (!has_target && in.find("target") == nullptr) in.missing("target");
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

void require_usable(const pg::Table& table, pg::Oid owner, const std::string& owner_name, const Json& given) {
  const std::string direction = given.string_at("direction").value_or("pull");
  const bool pulls = direction != "push", pushes = direction == "push" || direction == "both";
  const auto raise = [](std::optional<base::Error> problem) {
    if (problem) throw Failure(*std::move(problem));
  };
  if (store::is_event_table(table) && !pulls) return raise(store::owner_problem(owner, owner_name));
  const bool compares = direction == "push" && store::has_source(given);
  raise(pulls      ? store::target_problem(table)
        : compares ? store::compared_problem(table)
                   : store::source_problem(table));
  raise(store::owner_problem(owner, owner_name));
  if (compares) return;  // the query says what is read
  if (pulls) raise(store::privilege_problem(table, owner, given.string_at("delete_mode") == "hard"));
  if (pushes) raise(store::capture_problem(table, owner));
}

Json definition_of(const Json& given) {
  Json definition = Json::object();
  // The argument's default says nothing where nothing can conflict.
  const std::string latest = "latest_wins";
  const bool conflicts = given.string_at("direction") == "both";
  for (const std::string_view key : kDefinitionArguments) {
    if (key == "connection" || key == "target") continue;
    const Json* value = given.find(key);
    if (!conflicts && key == "conflict_resolution" && given.string_at(key) == latest) continue;
    if (value != nullptr && !value->is_null()) definition.set(std::string(key), *value);
  }
  const auto fill = [&](const char* key, Json value) {
    if (definition.find(key) == nullptr) definition.set(key, std::move(value));
  };
  fill("direction", Json(std::string("pull")));
  fill("write_mode", Json(std::string("upsert")));
  fill("delete_mode", Json(std::string("ignore")));
  if (conflicts) fill("conflict_resolution", Json(latest));
  fill("options", Json::object());
  return definition;
}

core::Finding about_chain(core::Severity severity, const char* option, std::string message, std::string hint) {
  return {.severity = severity,
          .path = base::strcat("options.", option),
          .message = std::move(message),
          .hint = std::move(hint),
          .code = core::mapping_code::kChain,
          .field = {},
          .column = {}};
}

// Mappings may be made later: a warning. A function has to be there, and is stored by its full name.
void check_chain(Caller& caller, store::MappingRow& row, core::Mapping& mapping, core::Findings& findings) {
  std::vector<std::string> names;
  Json stored = Json::array();
  for (core::FollowUp& follow_up : mapping.follow_ups) {
    if (follow_up.function.empty()) {
      names.push_back(follow_up.mapping);
      stored.push(Json(follow_up.mapping));
      continue;
    }
    if (const auto found = store::find_follow_up_function(caller.sql, follow_up.function)) {
      follow_up.function = *found;
    } else {
      findings.push_back(about_chain(core::Severity::error, "follow_ups",
                                     base::strcat("function ", follow_up.function, " does not exist"),
                                     "It takes the number of the run, (bigint), or nothing, and returns one value."));
    }
    stored.push(Json::object({{"function", Json(follow_up.function)}}));
  }
  const auto report = [&](const char* option, const std::vector<std::string>& wanted) {
    for (const std::string& name : store::missing_mappings(caller.sql, caller.tenant.tenant_id, wanted))
      if (name != row.name)
        findings.push_back(about_chain(core::Severity::warning, option,
                                       base::strcat("mapping ", name, " does not exist yet"),
                                       "SELECT name FROM tandem.mappings;"));
  };
  report("follow_ups", names);
  report("after", mapping.after);
  const Json* options = row.definition.find("options");
  if (mapping.follow_ups.empty() || options == nullptr) return;
  Json changed = *options;
  changed.set("follow_ups", std::move(stored));
  row.definition.set("options", std::move(changed));
}

// Each knows its own rows only: one deletes what the other has, which does not notice before its next full run.
void check_mates(Caller& caller, const store::MappingRow& row, const core::Mapping& mapping, core::Findings& findings) {
  if (!mapping.pulls() || !core::stamped_key(mapping).empty()) return;
  const bool deletes = mapping.delete_mode != core::DeleteMode::ignore;
  const std::vector<std::string> mates = store::mates_on_table(caller.sql, row, deletes);
  if (mates.empty()) return;
  findings.push_back(
      {.severity = core::Severity::warning,
       .path = "delete_mode",
       .message = base::strcat(base::join(mates, ", "), mates.size() == 1 ? " writes" : " write", " to ",
                               row.target_name, " too, and rows that one deletes may be another's"),
       .hint = "Tell their rows apart with the option stamp, or let only one mapping write to the table.",
       .code = core::mapping_code::kDeletesUnusable,
       .field = {},
       .column = {}});
}

// What was left to us is written down, so that it stays what it was when the connection or the table changes.
void fill_in(Json& definition, const core::Mapping& mapping) {
  if (definition.find("sync_mode") == nullptr) {
    definition.set("sync_mode", Json(std::string(mapping.sync_mode == core::SyncMode::realtime      ? "realtime"
                                                 : mapping.sync_mode == core::SyncMode::incremental ? "incremental"
                                                                                                    : "full")));
  }
  if (definition.find("columns") == nullptr) {
    Json columns = Json::object();
    for (const core::ColumnMapping& column : mapping.pulls() ? mapping.columns : mapping.push_columns)
      if (!column.field.empty()) columns.set(column.field, Json(column.column));
    definition.set("columns", std::move(columns));
  }
}

// Where the rows come from: of a query every name is written down qualified.
pg::Table find_source(Caller& caller, const pg::Table& table, Json& definition) {
  if (definition.string_at("direction") != "push") return table;
  const Json* options = definition.find("options");
  if (options == nullptr || !store::has_source(definition)) return table;
  pg::Table source = store::source_of(caller.sql, table, definition);
  store::try_source(caller.sql, source);
  Json changed = *options;
  changed.set("source_query", Json(source.query));
  definition.set("options", std::move(changed));
  return source;
}

// The definition's columns with every name of the database qualified; and the child tables among them.
void resolve_columns(Caller& caller, const pg::Table& table, const core::Target& target, const core::Mapping& mapping,
                     Draft& draft) {
  store::MappingRow& row = draft.row;
  row.children.emplace();
  const Json* columns = row.definition.find("columns");
  if (columns == nullptr) return;
  Json resolved = store::resolve_transforms(caller.sql, table, row.owner, *columns, draft.findings);
  if (!mapping.children.empty())
    row.children = store::check_child_tables(caller.sql, {table, target, row.owner, row.tenant_id}, mapping, resolved,
                                             draft.findings);
  row.definition.set("columns", std::move(resolved));
}

}  // namespace

Draft make_draft(Caller& caller, const Json& given, pg::Oid owner, std::optional<pg::Oid> target) {
  Draft draft;
  read_plain_arguments(given, target.has_value(), draft);
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
  require_usable(table, owner, row.owner_name, given);
  store::require_connection_use(caller.sql, connection.connection_id, owner);
  check_schedule(draft);

  const core::Api api = connection.api();
  const auto fields = store::load_fields(caller.sql, connection.connection_id, row.object);
  row.definition = definition_of(given);
  const pg::Table source = find_source(caller, table, row.definition);
  const core::Target described = store::target_of(source);
  core::ParsedMapping parsed = core::parse_mapping(row.name, row.definition, api, described, fields);
  const bool sound = !core::has_errors(parsed.findings);
  draft.findings.insert(draft.findings.end(), parsed.findings.begin(), parsed.findings.end());
  if (!sound) return draft;
  if (const core::Object* object = api.object(row.object); object != nullptr && object->cursor)
    if (auto problem = zone_problem(object->cursor->zone, "object")) draft.findings.push_back(*std::move(problem));
  const core::Findings more = core::validate_mapping(parsed.mapping, api, described, fields);
  draft.findings.insert(draft.findings.end(), more.begin(), more.end());
  if (!parsed.mapping.compares() && !store::is_event_table(table))
    store::check_table(caller.sql, table, parsed.mapping, owner, row.owner_name, draft.findings);
  check_chain(caller, row, parsed.mapping, draft.findings);
  check_mates(caller, row, parsed.mapping, draft.findings);
  resolve_columns(caller, source, described, parsed.mapping, draft);
  const core::Findings about_references =
      store::check_references(caller.sql, {row.name, row.tenant_id, owner}, parsed.mapping, described);
  draft.findings.insert(draft.findings.end(), about_references.begin(), about_references.end());
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
  const auto unusable = [](const base::Error& error, std::string field) -> core::Findings {
    return {{.path = {},
             .message = error.text,
             .hint = error.hint.empty() ? error.detail : error.hint,
             .code = core::mapping_code::kUnusable,
             .field = std::move(field),
             .column = {}}};
  };
  try {
    return make_draft(caller, given, owner, target).findings;
  } catch (const store::UnusableChild& failure) {
    return unusable(failure.error(), failure.field());
  } catch (const Failure& failure) {  // ours, not Postgres's: the transaction is as it was
    return unusable(failure.error(), {});
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
