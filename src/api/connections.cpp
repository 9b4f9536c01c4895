// create_, alter_, drop_, enable_, disable_, pause_ and resume_connection.
#include <algorithm>
#include <array>
#include <optional>

#include "api/credentials_args.hpp"
#include "api/json_args.hpp"
#include "api/zones.hpp"
#include "base/strings.hpp"
#include "core/schema/check.hpp"
#include "net/url.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/log.hpp"
#include "store/capture.hpp"
#include "store/connections.hpp"
#include "store/connectors.hpp"
#include "store/fields.hpp"
#include "store/lookup.hpp"
#include "store/mappings.hpp"
#include "store/stamped_rows.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::Json;

constexpr std::array<std::string_view, 6> kChanges{"name", "connector", "config", "credentials", "label", "metadata"};

core::Findings findings_about(const store::Connection& connection) {
  core::Findings findings = core::validate_config(connection.manifest, connection.config);
  check_zones(connection.config, findings);
  return findings;
}

std::int64_t create_connection(const pg::FunctionCall& call) {
  store::Connection c;
  c.name = name_argument(call, 0, "name");
  const std::string connector = call.required_text(1, "connector");
  c.config = object_argument(call, 2, "config").value_or(Json::object());
  const auto credentials = object_argument(call, 3, "credentials");
  c.label = call.text(4);
  c.metadata = object_text(call, 5, "metadata");
  Caller caller(call, 7);
  const auto existing = [&]() -> std::optional<std::int64_t> {
    const auto found = store::find_connection(caller.sql, caller.tenant.tenant_id, c.name);
    if (!found) return std::nullopt;
    skip_existing("connection", c.name, boolean_argument(call, 6, false));
    return found->connection_id;
  };
  if (const auto there = existing()) return *there;
  store::Connector used = store::require_connector(caller.sql, connector);
  c.tenant_id = caller.tenant.tenant_id;
  c.connector_id = used.connector_id;
  c.connector = used.name;
  c.manifest = std::move(used.manifest);
  c.owner = pg::current_user();
  c.owner_name = pg::role_name(c.owner);
  raise(findings_about(c), "config: ");
  const core::Api api = c.api();
  const auto changes = credentials ? credential_changes(*credentials, api) : std::vector<store::CredentialChange>();
  const auto id = store::insert_connection(caller.sql, c);
  if (!id) {  // somebody else has just made it
    if (const auto there = existing()) return *there;
    throw already_exists("connection", c.name);
  }
  store::put_credentials(caller.sql, *id, changes);
  warn_of_missing_credentials(caller.sql, *id, c.name, api);
  return *id;
}

store::Connection require_own(Caller& caller, const std::string& name, store::Lock lock = store::Lock::change) {
  const store::Connection seen = store::require_connection(caller.sql, caller.tenant.tenant_id, name);
  store::require_owner("connection", seen.name, seen.owner, seen.owner_name);
  // Dropped meanwhile, the name may be another one's by now.
  if (!store::lock_connection(caller.sql, seen.connection_id, lock)) return require_own(caller, name, lock);
  return store::load_connection(caller.sql, seen.connection_id);
}

// Other records, or other positions among them, behind what mappings have read so far?
store::Reread reread_of(const std::string& object, const Json& before, const Json& after) {
  const auto part = [](const Json& config, std::initializer_list<std::string_view> path) {
    const Json* at = &config;
    for (const std::string_view key : path) at = at == nullptr ? nullptr : at->find(key);
    return at == nullptr ? Json() : *at;
  };
  for (const char* key : {"base_url", "params"}) {
    if (part(before, {key}) != part(after, {key})) return store::Reread::everything;
  }
  return part(before, {"objects", object}) == part(after, {"objects", object}) ? store::Reread::nothing
                                                                               : store::Reread::everything;
}

void warn_of_lost_objects(const core::Api& api, const std::vector<store::MappingRow>& mappings) {
  for (const store::MappingRow& m : mappings) {
    if (api.object(m.object) != nullptr) continue;
    pg::log(pg::Level::warning,
            base::strcat("mapping \"", m.name, "\" uses object \"", m.object, "\", which the connection no longer has"),
            {}, base::strcat("SELECT tandem.alter_mapping(", pg::quote_literal(m.name), ", '{\"object\": \"…\"}');"));
  }
}

// Where the credentials may be sent; "" for a configuration that no longer can be read.
std::string origin_of(const base::Result<core::Api>& api) {
  if (!api.ok()) return {};
  const auto url = net::parse_url(api->base_url);
  return url.ok() ? url->origin() : api->base_url;
}

void apply_config(Caller& caller, const store::Connection& before, const store::Connection& after) {
  raise(findings_about(after), "config: ");
  const core::Api new_api = after.api();
  const std::string old_origin = origin_of(core::make_api(before.manifest, before.config));
  if (old_origin != origin_of(new_api)) {
    store::forget_fields(caller.sql, after.connection_id);
    if (store::drop_credentials(caller.sql, after.connection_id) > 0) {
      pg::log(
          pg::Level::notice,
          base::strcat("the credentials of connection \"", after.name, "\" were dropped: they belong to ", old_origin),
          {}, base::strcat("SELECT tandem.set_credentials(", pg::quote_literal(after.name), ", '{…}');"));
    }
  }
  const auto mappings = store::mappings_of_connection(caller.sql, after.connection_id);
  warn_of_lost_objects(new_api, mappings);
  for (const store::MappingRow& m : mappings) {
    store::reread_mapping(caller.sql, m.mapping_id, reread_of(m.object, before.config, after.config));
  }
}

void check_change_keys(const Json& changes) {
  core::Findings findings;
  const core::ObjectReader reader(changes, "", kChanges, findings);
  raise(findings, "changes: ");
  if (changes.find("connector") != nullptr) {
    throw Failure(Errc::invalid_parameter, "changes: connector of a connection cannot be changed", {},
                  "Create another connection and give it to the mappings: tandem.alter_mapping(name, '{\"connection\": "
                  "\"…\"}').");
  }
}

// A text that the patch sets, removes or leaves.
std::optional<std::string> patched_text(const Json& changes, std::string_view key, std::optional<std::string> current) {
  const Json* value = changes.find(key);
  if (value == nullptr) return current;
  if (value->is_null()) return std::nullopt;
  if (!value->is_string()) throw Failure(Errc::invalid_parameter, base::strcat("changes: ", key, ": must be text"));
  return value->string();
}

void rename(Caller& caller, store::Connection& connection, const Json& changes) {
  const auto name = patched_text(changes, "name", connection.name);
  check_name(name.value_or(""), "changes: name");
  if (*name != connection.name && store::find_connection(caller.sql, caller.tenant.tenant_id, *name)) {
    throw already_exists("connection", *name);
  }
  if (*name != connection.name) {
    for (const store::MappingRow& m : store::mappings_of_connection(caller.sql, connection.connection_id))
      if (auto problem = store::rename_problem(caller.sql, m, "connection", connection.name, *name))
        throw Failure(*std::move(problem));
  }
  connection.name = *name;
}

void alter_connection(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "name");
  const Json changes = required_object(call, 1, "changes");
  Caller caller(call, 2);
  const store::Connection before = require_own(caller, name);
  check_change_keys(changes);
  store::Connection after = before;
  rename(caller, after, changes);
  after.label = patched_text(changes, "label", after.label);
  after.metadata = patched_metadata(caller, before.metadata, changes, call, 1);
  const Json* config = changes.find("config");
  if (config != nullptr) {
    after.config = base::merge_patch(before.config, *config);
    if (!after.config.is_object()) throw Failure(Errc::invalid_parameter, "changes: config: must be an object");
    apply_config(caller, before, after);
  }
  store::update_connection(caller.sql, after);
  const Json* credentials = changes.find("credentials");
  if (credentials != nullptr) {
    if (credentials->is_null())
      store::drop_credentials(caller.sql, after.connection_id);
    else
      store::put_credentials(caller.sql, after.connection_id, credential_changes(*credentials, after.api()));
  }
  if (config == nullptr && credentials == nullptr) return;
  warn_of_missing_credentials(caller.sql, after.connection_id, after.name, after.api());
  store::mark_connection_untested(caller.sql, after.connection_id);
  worker::wake_workers_at_commit();
  worker::wake_scheduler_at_commit();  // what could not be sent before may go now
}

void drop_connection(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "name");
  Caller caller(call, 2);
  // Whoever is making a mapping of it is waited for.
  const store::Connection connection = require_own(caller, name, store::Lock::drop);
  const auto mappings = store::mappings_of_connection(caller.sql, connection.connection_id);
  if (!mappings.empty() && !boolean_argument(call, 1, false)) {
    std::vector<std::string> names;
    for (const store::MappingRow& m : mappings) names.push_back(m.name);
    throw Failure(Errc::dependent_objects, base::strcat("connection \"", name, "\" is still used"),
                  base::strcat("Mappings: ", base::join(names, ", "), "."),
                  base::strcat("SELECT tandem.drop_connection(", pg::quote_literal(name),
                               ", \"cascade\" => true); drops them too; tables stay."));
  }
  for (const store::MappingRow& m : mappings) {
    store::require_owner("mapping", m.name, m.owner, m.owner_name);
    store::delete_mapping(caller.sql, m.mapping_id);
    if (store::pushes(m)) store::refresh_capture(caller.sql, m.target);
  }
  store::delete_connection(caller.sql, connection.connection_id);
}

void set_enabled(const pg::FunctionCall& call, bool enabled) {
  Caller caller(call, 1);
  store::set_connection_enabled(caller.sql, require_own(caller, call.required_text(0, "name")).connection_id, enabled);
  store::refresh_pushers(caller.sql);
  worker::wake_scheduler_at_commit();
}

void set_paused(const pg::FunctionCall& call, bool paused) {
  Caller caller(call, 1);
  const store::Connection connection = require_own(caller, call.required_text(0, "name"));
  store::set_connection_paused(caller.sql, connection.connection_id, paused,
                               base::strcat("paused by ", pg::role_name(pg::current_user())));
  store::refresh_pushers(caller.sql);
  worker::wake_scheduler_at_commit();
}

void set_credentials(const pg::FunctionCall& call) {
  const Json credentials = required_object(call, 1, "credentials");
  Caller caller(call, 2);
  const store::Connection connection = require_own(caller, call.required_text(0, "connection"));
  const core::Api api = connection.api();
  store::put_credentials(caller.sql, connection.connection_id, credential_changes(credentials, api));
  store::mark_connection_untested(caller.sql, connection.connection_id);
  warn_of_missing_credentials(caller.sql, connection.connection_id, connection.name, api);
  worker::wake_workers_at_commit();
  worker::wake_scheduler_at_commit();  // what could not be sent before may go now
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_create_connection) { return call.ret_integer(tandem::api::create_connection(call)); }

TANDEM_FUNCTION(tandem_alter_connection) {
  tandem::api::alter_connection(call);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_drop_connection) {
  tandem::api::drop_connection(call);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_enable_connection) {
  tandem::api::set_enabled(call, true);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_disable_connection) {
  tandem::api::set_enabled(call, false);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_pause_connection) {
  tandem::api::set_paused(call, true);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_resume_connection) {
  tandem::api::set_paused(call, false);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_set_credentials) {
  tandem::api::set_credentials(call);
  return call.ret_void();
}
