#include "store/tenants.hpp"

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/settings.hpp"

namespace tandem::store {

namespace {
constexpr std::string_view kDefaultTenant = "default";
}

std::vector<Tenant> granted_tenants(pg::Sql& sql) {
  const pg::Rows rows = sql.engine("SELECT tenant_id, name FROM tandem._tenant WHERE name = $1", {kDefaultTenant});
  std::vector<Tenant> tenants;
  for (std::size_t i = 0; i < rows.size(); ++i) tenants.push_back({rows.integer(i, 0), rows.text(i, 1)});
  return tenants;
}

Tenant current_tenant(pg::Sql& sql) {
  const std::string chosen = pg::settings().tenant;
  return require_tenant(sql, chosen.empty() ? kDefaultTenant : std::string_view(chosen));
}

Tenant require_tenant(pg::Sql& sql, std::string_view name) {
  const std::vector<Tenant> granted = granted_tenants(sql);
  std::vector<std::string> names;
  for (const Tenant& tenant : granted) {
    if (tenant.name == name) return tenant;
    names.push_back(tenant.name);
  }
  throw base::Failure(base::Errc::insufficient_privilege, base::strcat("tenant \"", name, "\" is not granted to you"),
                      base::strcat("Granted: ", base::join(names, ", "), "."),
                      "Leave tenant out, or RESET tandem.tenant;");
}

}  // namespace tandem::store
