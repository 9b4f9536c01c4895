// Tenants as the engine sees them: which of them a role may act for. As long as tenants
// cannot be made there is one, 'default', and every role may act for it; all callers
// ask here already, so that grants change nothing but this file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pg/sql.hpp"

namespace tandem::store {

struct Tenant {
  std::int64_t tenant_id = 0;
  std::string name;
};

// The tenants that the current user may act for.
[[nodiscard]] std::vector<Tenant> granted_tenants(pg::Sql& sql);
// The one that tandem.tenant chooses, else 'default'. 42501 with the granted names when it is not granted.
[[nodiscard]] Tenant current_tenant(pg::Sql& sql);
// The tenant of that name, which must be granted.
[[nodiscard]] Tenant require_tenant(pg::Sql& sql, std::string_view name);

}  // namespace tandem::store
