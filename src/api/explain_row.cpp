// explain_row: column by column, which side, run and rule a value of a row came from.
#include "api/json_args.hpp"
#include "api/stored_mapping.hpp"
#include "core/mapping/push.hpp"
#include "pg/entry.hpp"
#include "store/row_history.hpp"

namespace tandem::api {

namespace {

std::vector<std::vector<pg::Out>> explain_row(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "mapping");
  const std::string key = call.required_text(1, "key");
  Caller caller(call, 2);
  const store::MappingRow row = store::require_mapping(caller.sql, caller.tenant.tenant_id, name);
  const StoredMapping stored = stored_mapping(caller.sql, row);
  const core::Mapping& mapping = stored.mapping;
  const store::KnownRow known =
      store::find_row(caller.sql, stored.table, mapping, core::row_key(mapping, stored.target), key);
  const core::RowHistory history = store::row_history(caller.sql, row, stored.table, mapping, known);
  std::vector<std::vector<pg::Out>> out;
  for (const core::RowColumn& column : known.columns) {
    core::ColumnOrigin origin = core::column_origin(mapping, history, column);
    out.push_back({column.name, column.text, origin.side, origin.run, std::move(origin.rule), origin.at});
  }
  return out;
}

}  // namespace

}  // namespace tandem::api

// (mapping text, key jsonb, tenant text) → setof (column_name, value, side, run, rule, at)
TANDEM_FUNCTION(tandem_explain_row) { return call.ret_rows(tandem::api::explain_row(call)); }
