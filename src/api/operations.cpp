// current_tenant and the tenants of row level security.
#include "api/json_args.hpp"
#include "pg/entry.hpp"
#include "store/tenants.hpp"

namespace tandem::api {

namespace {

std::string current_tenant() {
  pg::CallerSpi sql;
  return store::current_tenant(sql).name;
}

std::vector<std::vector<pg::Out>> my_tenants() {
  pg::CallerSpi sql;
  std::vector<std::vector<pg::Out>> rows;
  for (const store::Tenant& tenant : store::granted_tenants(sql)) rows.push_back({tenant.tenant_id});
  return rows;
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_current_tenant) { return call.ret_text(tandem::api::current_tenant()); }

TANDEM_FUNCTION(tandem__my_tenants) { return call.ret_rows(tandem::api::my_tenants()); }
