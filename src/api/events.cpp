// subscribe_events, unsubscribe_events: who is told of events of the engine.
#include <algorithm>
#include <array>

#include "api/json_args.hpp"
#include "api/mappings_draft.hpp"
#include "base/strings.hpp"
#include "core/manifest/write.hpp"
#include "core/schema/check.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "store/connections.hpp"
#include "store/events.hpp"
#include "store/mappings.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::Json;
using base::strcat;

constexpr auto kEvents = std::to_array<std::string_view>(
    {"sync.started", "sync.completed", "sync.failed", "auth.expired", "rate_limit.exceeded"});

std::vector<std::string> events_argument(const pg::FunctionCall& call, int i) {
  const auto events = call.text_array(i);
  if (!events || events->empty())
    throw Failure(Errc::invalid_parameter, "argument events must name at least one event", {},
                  core::nearest_hint("", kEvents, "There are"));
  for (const std::string& event : *events)
    if (std::ranges::find(kEvents, event) == kEvents.end())
      throw Failure(Errc::invalid_parameter, strcat("events: unknown event \"", event, '"'), {},
                    core::nearest_hint(event, kEvents, "There are"));
  return *events;
}

// The only one that can be created: webhook has one, mail has one.
std::string object_for_events(const store::Connection& connection) {
  std::vector<std::string> able;
  for (const core::Object& object : connection.api().objects)
    if (object.write && object.write->create) able.push_back(object.name);
  if (able.size() == 1) return able.front();
  throw Failure(Errc::prerequisite,
                able.empty() ? strcat("connection ", connection.name, " has no object that can be created")
                             : strcat("connection ", connection.name,
                                      " has more than one object that can be created: ", base::join(able, ", ")),
                {}, "Make a connection for events alone, of connector webhook for example.");
}

std::int64_t subscribe(const pg::FunctionCall& call) {
  const std::string name = name_argument(call, 0, "name");
  const std::string connection_name = call.required_text(1, "connection");
  const std::vector<std::string> events = events_argument(call, 2);
  const std::optional<std::string> of_mapping = call.text(3);
  Caller caller(call, 4);
  if (store::find_mapping(caller.sql, caller.tenant.tenant_id, name)) throw already_exists("mapping", name);
  const store::Connection connection = store::require_connection(caller.sql, caller.tenant.tenant_id, connection_name);
  std::optional<std::int64_t> of;
  if (of_mapping) of = store::require_mapping(caller.sql, caller.tenant.tenant_id, *of_mapping).mapping_id;
  const pg::Oid oid = store::event_table(caller.sql);
  const auto table = pg::describe_table(caller.sql, oid);
  const Json given = Json::object({{"name", Json(name)},
                                   {"connection", Json(connection_name)},
                                   {"object", Json(object_for_events(connection))},
                                   {"columns", store::event_columns(table.value())},
                                   {"direction", Json(std::string("push"))},
                                   {"write_mode", Json(std::string("insert"))},
                                   {"options", Json::object({{"initial", Json(std::string("none"))}})}});
  Draft draft = make_draft(caller, given, pg::current_user(), oid);
  std::erase_if(draft.findings, [](const core::Finding& f) { return f.severity != core::Severity::error; });
  raise(draft.findings, strcat("subscription \"", name, "\": "));
  const auto id = store::insert_mapping(caller.sql, draft.row);
  if (!id) throw already_exists("mapping", name);
  store::insert_subscription(caller.sql, *id, events, of);
  return *id;
}

void unsubscribe(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "name");
  Caller caller(call, 1);
  const store::MappingRow row = store::require_own_mapping(caller.sql, caller.tenant.tenant_id, name);
  if (!store::is_subscription(caller.sql, row.mapping_id))
    throw Failure(Errc::wrong_object_type, strcat("mapping \"", name, "\" is no subscription"), {},
                  "SELECT name FROM tandem.event_subscriptions;");
  store::delete_mapping(caller.sql, row.mapping_id);
  worker::wake_workers_at_commit();  // one may be at work for it
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_subscribe_events) { return call.ret_integer(tandem::api::subscribe(call)); }

TANDEM_FUNCTION(tandem_unsubscribe_events) {
  tandem::api::unsubscribe(call);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem__wake_pusher) {
  if (const auto owner = call.integer(0)) {
    const tandem::pg::Oid pushers[] = {static_cast<tandem::pg::Oid>(*owner)};
    tandem::worker::wake_pushers_at_commit(pushers);
  }
  return call.ret_void();
}
