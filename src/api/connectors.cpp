// create_connector, validate_connector, drop_connector, connector_settings.
#include "api/json_args.hpp"
#include "api/zones.hpp"
#include "base/strings.hpp"
#include "core/manifest/api.hpp"
#include "pg/entry.hpp"
#include "store/connectors.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;

core::Findings findings_about(const base::Json& manifest) {
  core::Findings findings = core::validate_manifest(manifest);
  check_zones(manifest, findings);
  return findings;
}

std::int64_t create_connector(const pg::FunctionCall& call) {
  const std::string name = name_argument(call, 0, "name");
  const base::Json manifest = required_object(call, 1, "manifest");
  pg::CallerSpi sql;
  const auto existing = [&]() -> std::optional<std::int64_t> {
    const auto found = store::find_connector(sql, name);
    if (!found) return std::nullopt;
    skip_existing("connector", name, boolean_argument(call, 2, false));
    return found->connector_id;
  };
  if (const auto there = existing()) return *there;
  raise(findings_about(manifest), "manifest: ");
  if (const auto id = store::insert_connector(sql, name, call.required_text(1, "manifest"))) return *id;
  if (const auto there = existing()) return *there;  // somebody else has just made it
  throw already_exists("connector", name);
}

void drop_connector(const pg::FunctionCall& call) {
  pg::CallerSpi sql;
  const store::Connector connector = store::require_connector(sql, call.required_text(0, "name"));
  if (connector.builtin) {
    throw Failure(Errc::prerequisite,
                  base::strcat("connector \"", connector.name, "\" is built in and cannot be dropped"));
  }
  if (const auto users = store::connections_of_connector(sql, connector.connector_id); !users.empty()) {
    throw Failure(Errc::dependent_objects, base::strcat("connector \"", connector.name, "\" is still used"),
                  base::strcat("Connections: ", base::join(users, ", "), "."),
                  "Drop them first: tandem.drop_connection(name).");
  }
  store::delete_connector(sql, connector.connector_id);
}

std::vector<std::vector<pg::Out>> connector_settings(const pg::FunctionCall& call) {
  pg::CallerSpi sql;
  const store::Connector connector = store::require_connector(sql, call.required_text(0, "connector"));
  std::vector<std::vector<pg::Out>> rows;
  for (const core::Setting& s : core::connector_settings(connector.manifest)) {
    const auto text = [](const std::string& value) { return value.empty() ? pg::Out(std::nullopt) : pg::Out(value); };
    rows.push_back({s.name, s.kind, s.data_type, s.required, s.secret, text(s.default_value), text(s.label),
                    text(s.help), s.choices.is_null() ? pg::Out(std::nullopt) : pg::Out(s.choices.dump())});
  }
  return rows;
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_create_connector) { return call.ret_integer(tandem::api::create_connector(call)); }

TANDEM_FUNCTION(tandem_validate_connector) {
  const auto manifest = tandem::api::json_argument(call, 0, "manifest");
  return call.ret_rows(tandem::api::rows_by_path(tandem::api::findings_about(manifest.value_or(tandem::base::Json()))));
}

TANDEM_FUNCTION(tandem_drop_connector) {
  tandem::api::drop_connector(call);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem_connector_settings) { return call.ret_rows(tandem::api::connector_settings(call)); }
