#include "api/readiness.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/manifest/credential_names.hpp"
#include "core/mapping/codes.hpp"
#include "pg/catalog.hpp"
#include "store/connections.hpp"
#include "store/credentials.hpp"
#include "worker/requests.hpp"

namespace tandem::api {

using base::strcat;

namespace {

void add(core::Findings& findings, core::Severity severity, std::string message, std::string hint) {
  findings.push_back({.severity = severity,
                      .message = std::move(message),
                      .hint = std::move(hint),
                      .code = core::mapping_code::kNotReady});
}

// Switched off by somebody, who may have had a reason. `remedy`: the beginning of the statement, up to the name.
void say_off(core::Findings& findings, const char* kind, const std::string& name, const char* state,
             const char* remedy) {
  add(findings, core::Severity::warning, strcat(kind, " ", name, " is ", state, ", so nothing runs"),
      strcat(remedy, pg::quote_literal(name), ");"));
}

void check_credentials(Caller& caller, const store::Connection& connection, const core::Api& api,
                       core::Findings& findings) {
  const std::vector<std::string> stored = store::credential_names(caller.sql, connection.connection_id);
  for (const std::string& name : core::required_credentials(api))
    if (std::ranges::find(stored, name) == stored.end())
      add(findings, core::Severity::error, strcat("connection ", connection.name, " has no credential \"", name, '"'),
          strcat("SELECT tandem.set_credentials(", pg::quote_literal(connection.name), ", '{\"", name,
                 "\": \"…\"}');"));
}

}  // namespace

void check_readiness(Caller& caller, const store::MappingRow& mapping, core::Findings& findings) {
  if (!mapping.enabled) say_off(findings, "mapping", mapping.name, "disabled", "SELECT tandem.enable_mapping(");
  if (mapping.paused) say_off(findings, "mapping", mapping.name, "paused", "SELECT tandem.resume_mapping(");
  const store::Connection connection = store::load_connection(caller.sql, mapping.connection_id);
  const std::string& name = connection.name;
  if (!connection.enabled) say_off(findings, "connection", name, "disabled", "SELECT tandem.enable_connection(");
  if (connection.paused) say_off(findings, "connection", name, "paused", "SELECT tandem.resume_connection(");
  try {
    const core::Api api = connection.api();
    check_credentials(caller, connection, api, findings);
    if (auto problem = worker::egress_problem(api))
      add(findings, core::Severity::error, std::move(problem->text), std::move(problem->hint));
  } catch (const base::Failure& failure) {  // ours: settings or configuration that cannot be read
    add(findings, core::Severity::error, failure.error().text, failure.error().hint);
  }
}

}  // namespace tandem::api
