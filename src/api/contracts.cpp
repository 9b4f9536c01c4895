// What view contracts is made of where contracts are not stored.
#include <algorithm>

#include "pg/entry.hpp"
#include "pg/function_call.hpp"
#include "store/derived.hpp"
#include "store/mappings.hpp"
#include "store/tenants.hpp"

namespace tandem::api {

namespace {

// nullopt: there is none that the caller may see.
std::optional<store::MappingRow> visible_mapping(const pg::FunctionCall& call, pg::Sql& sql) {
  const auto id = call.integer(0);
  if (!id) return std::nullopt;
  std::optional<store::MappingRow> row = store::find_mapping(sql, *id);
  if (!row) return std::nullopt;
  const std::vector<store::Tenant> granted = store::granted_tenants(sql);
  const bool theirs = std::ranges::find(granted, row->tenant_id, &store::Tenant::tenant_id) != granted.end();
  return theirs ? std::move(row) : std::nullopt;
}

bool derives_contracts(const pg::FunctionCall& call) {
  pg::CallerSpi sql;
  const std::optional<store::MappingRow> row = visible_mapping(call, sql);
  return row && store::derives_contracts(sql, *row);
}

std::optional<std::string> derived_contracts(const pg::FunctionCall& call) {
  pg::CallerSpi sql;
  const std::optional<store::MappingRow> row = visible_mapping(call, sql);
  return row ? store::derived_contracts(sql, *row) : std::nullopt;
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem__derives_contracts) { return call.ret_boolean(tandem::api::derives_contracts(call)); }

TANDEM_FUNCTION(tandem__derived_contracts) {
  const std::optional<std::string> query = tandem::api::derived_contracts(call);
  return query ? call.ret_query(*query) : call.ret_rows({});
}
