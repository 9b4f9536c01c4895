#include "api/foreground.hpp"

#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/log.hpp"
#include "store/target.hpp"
#include "worker/probe.hpp"

namespace tandem::api {

using base::Errc;
using base::Failure;
using base::strcat;

store::MappingRow mapping_to_try(Caller& caller, const std::string& name) {
  store::MappingRow mapping = store::require_mapping(caller.sql, caller.tenant.tenant_id, name);
  const pg::Oid user = pg::current_user();
  if (user == mapping.owner) return mapping;
  const std::string role = pg::quote_identifier(mapping.owner_name);
  const std::string become = strcat("SET ROLE ", role, ";");
  if (pg::is_superuser(user))
    throw Failure(Errc::insufficient_privilege, strcat("a superuser cannot try mapping \"", name, "\""),
                  "What the table's triggers, policies and casts do would be done with all rights.", become);
  if (!pg::has_role(user, mapping.owner))
    throw Failure(Errc::insufficient_privilege,
                  strcat("must be a member of role \"", mapping.owner_name, "\" to try mapping \"", name, "\""),
                  strcat("It belongs to \"", mapping.owner_name, "\"; you are \"", pg::role_name(user), "\"."),
                  strcat("GRANT ", role, " TO ", pg::quote_identifier(pg::role_name(user)), ";"));
  return mapping;
}

void report_failure(const std::string& object, const worker::FetchedPages& fetched) {
  if (!fetched.failure) return;
  if (fetched.pages.empty())
    throw Failure(worker::errc_of(*fetched.failure), strcat("cannot read ", object, ": ", fetched.failure->message), {},
                  fetched.failure->suggestion);
  pg::log(pg::Level::warning,
          strcat("page ", fetched.pages.size() + 1, " of ", object, " could not be read: ", fetched.failure->message));
}

}  // namespace tandem::api
