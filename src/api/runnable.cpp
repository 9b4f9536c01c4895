#include "api/runnable.hpp"

#include "base/strings.hpp"
#include "store/connections.hpp"
#include "store/target.hpp"

namespace tandem::api {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

constexpr base::Micros kDefaultTimeout = 300 * base::kSecond;

}  // namespace

base::Micros timeout_of(const pg::FunctionCall& call, int argument) {
  return call.interval_micros(argument).value_or(kDefaultTimeout);
}

void require_runnable(pg::Sql& sql, const store::MappingRow& mapping) {
  if (!mapping.enabled)
    throw Failure(Errc::prerequisite, strcat("mapping ", mapping.name, " is disabled"), {},
                  strcat("SELECT tandem.enable_mapping('", mapping.name, "');"));
  if (mapping.paused)
    throw Failure(Errc::prerequisite, strcat("mapping ", mapping.name, " is paused"), {},
                  strcat("SELECT tandem.resume_mapping('", mapping.name, "');"));
  const store::Connection connection = store::load_connection(sql, mapping.connection_id);
  if (!connection.enabled)
    throw Failure(Errc::prerequisite, strcat("connection ", connection.name, " is disabled"), {},
                  strcat("SELECT tandem.enable_connection('", connection.name, "');"));
  if (connection.paused)
    throw Failure(Errc::prerequisite, strcat("connection ", connection.name, " is paused"), {},
                  strcat("SELECT tandem.resume_connection('", connection.name, "');"));
  if (auto problem = store::owner_problem(mapping.owner, mapping.owner_name)) throw Failure(*problem);
}

}  // namespace tandem::api
