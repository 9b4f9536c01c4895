// drop_, enable_, disable_, pause_, resume_ and export_mapping; the options there are.
#include "api/json_args.hpp"
#include "api/mappings_draft.hpp"
#include "base/strings.hpp"
#include "core/listing/cursor_text.hpp"
#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/log.hpp"
#include "store/capture.hpp"
#include "store/connections.hpp"
#include "store/mapping_mates.hpp"
#include "store/mappings.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Json;

store::MappingRow require_own(Caller& caller, const pg::FunctionCall& call) {
  return store::require_own_mapping(caller.sql, caller.tenant.tenant_id, call.required_text(0, "name"));
}

void drop_mapping(const pg::FunctionCall& call) {
  Caller caller(call, 1);
  const store::MappingRow row = require_own(caller, call);
  const std::vector<std::string> children = store::mappings_referring_to(caller.sql, row);
  store::delete_mapping(caller.sql, row.mapping_id);
  if (store::pushes(row)) store::refresh_capture(caller.sql, row.target);
  if (!children.empty())
    pg::log(pg::Level::warning,
            base::strcat(base::join(children, ", "), " ", children.size() == 1 ? "refers" : "refer", " to mapping ",
                         row.name, ", and cannot run without it"),
            {}, "Make it again, or take the reference out of their columns.");
  worker::wake_workers_at_commit();    // one may be at work for it
  worker::wake_scheduler_at_commit();  // and others may have waited for it
}

void set_enabled(const pg::FunctionCall& call, bool enabled) {
  Caller caller(call, 1);
  store::MappingRow row = require_own(caller, call);
  row.enabled = enabled;
  store::set_mapping_enabled(caller.sql, row.mapping_id, enabled, next_due(row));
  if (store::pushes(row)) store::refresh_capture(caller.sql, row.target);
  worker::wake_scheduler_at_commit();
}

void set_paused(const pg::FunctionCall& call, bool paused) {
  Caller caller(call, 1);
  const store::MappingRow row = require_own(caller, call);
  // Resumed, its schedule goes on from now: what would have been due in between is not caught up.
  store::set_mapping_paused(caller.sql, row.mapping_id, paused,
                            base::strcat("paused by ", pg::role_name(pg::current_user())), next_due(row));
  if (store::pushes(row)) store::refresh_capture(caller.sql, row.target);
  worker::wake_scheduler_at_commit();
}

// Whether it is a cursor of this mapping at all.
void check_cursor(Caller& caller, const store::MappingRow& row, const std::string& cursor) {
  const core::Api api = store::load_connection(caller.sql, row.connection_id).api();
  const core::Object* object = api.object(row.object);
  const bool incremental = row.definition.string_at("sync_mode") == "incremental";
  if (!incremental || object == nullptr || !object->cursor) {
    const std::string hint =
        object != nullptr && object->cursor
            ? base::strcat("SELECT tandem.alter_mapping(", pg::quote_literal(row.name),
                           ", '{\"sync_mode\": \"incremental\"}');")
            : base::strcat("Add \"cursor\" to objects.", row.object, " in the connection's config.");
    throw base::Failure(base::Errc::prerequisite,
                        base::strcat("mapping ", row.name, " has no cursor: each run reads everything"), {}, hint);
  }
  const core::Cursor& known = *object->cursor;
  const bool free = known.token || known.format == core::CursorFormat::text;
  if (free ? !cursor.empty() : core::CursorText(known).rank(std::string_view(cursor)).has_value()) return;
  throw base::Failure(base::Errc::invalid_text, base::strcat("\"", cursor, "\" is not a cursor of mapping ", row.name),
                      {}, known.timed() ? "Write a time like '2026-01-31T12:00:00Z'." : "Write a whole number.");
}

std::optional<std::string> reset_cursor(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "mapping");
  const std::optional<std::string> cursor = call.text(1);
  Caller caller(call, 2);
  const store::MappingRow row = store::require_own_mapping(caller.sql, caller.tenant.tenant_id, name);
  if (cursor) check_cursor(caller, row, *cursor);
  store::reset_cursor(caller.sql, row.mapping_id, cursor);
  return row.cursor_value;
}

// --- export

std::string sql_array(const Json& list) {
  if (list.is_string()) return base::strcat("ARRAY[", pg::quote_literal(list.string()), "]");
  std::vector<std::string> quoted;
  for (const Json& item : list.items()) quoted.push_back(pg::quote_literal(item.string()));
  return base::strcat("ARRAY[", base::join(quoted, ", "), "]");
}

// Of one argument; "" when it is what create_mapping would take anyway.
std::string sql_value(std::string_view key, const Json& value) {
  if (key == "key" || key == "match_on") return sql_array(value);
  if (key == "enabled") return value.boolean() ? "" : "false";
  if (key == "direction" && value.string() == "pull") return "";
  if (key == "write_mode" && value.string() == "upsert") return "";
  if (key == "conflict_resolution" && value.string() == "latest_wins") return "";
  if (key == "delete_mode" && value.string() == "ignore") return "";
  if ((key == "options" || key == "metadata") && value.members().empty()) return "";
  return pg::quote_literal(value.is_string() && key != "columns" && key != "conditions" ? value.string()
                                                                                        : value.dump());
}

std::string export_mapping(const pg::FunctionCall& call) {
  Caller caller(call, 1);
  const store::MappingRow row =
      store::require_mapping(caller.sql, caller.tenant.tenant_id, call.required_text(0, "name"));
  const Json given = arguments_of(row);
  std::string sql;
  for (const std::string_view key : kMappingArguments) {
    const Json* value = given.find(key);
    const std::string text = key == "metadata" ? (row.metadata == "{}" ? "" : pg::quote_literal(row.metadata))
                             : value == nullptr || value->is_null() ? ""
                                                                    : sql_value(key, *value);
    if (!text.empty()) sql += base::strcat(sql.empty() ? "" : ",\n", "  ", key, " => ", text);
  }
  if (caller.tenant.name != "default") sql += base::strcat(",\n  tenant => ", pg::quote_literal(caller.tenant.name));
  return base::strcat("SELECT tandem.create_mapping(\n", sql, ");");
}

std::vector<std::vector<pg::Out>> option_rows() {
  std::vector<std::vector<pg::Out>> rows;
  for (const core::OptionRow& o : core::mapping_options())
    rows.push_back({o.name, o.type, o.default_value, o.direction, o.meaning});
  return rows;
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_drop_mapping) {
  tandem::api::drop_mapping(call);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_enable_mapping) {
  tandem::api::set_enabled(call, true);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_disable_mapping) {
  tandem::api::set_enabled(call, false);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_pause_mapping) {
  tandem::api::set_paused(call, true);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_resume_mapping) {
  tandem::api::set_paused(call, false);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_reset_cursor) {
  const auto before = tandem::api::reset_cursor(call);
  return before ? call.ret_text(*before) : call.ret_null();
}

TANDEM_FUNCTION(tandem_export_mapping) { return call.ret_text(tandem::api::export_mapping(call)); }

TANDEM_FUNCTION(tandem__mapping_options) { return call.ret_rows(tandem::api::option_rows()); }
