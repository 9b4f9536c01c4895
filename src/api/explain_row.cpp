// explain_row: column by column, which side, run and rule a value of a row came from.
#include "api/json_args.hpp"
#include "base/strings.hpp"
#include "core/mapping/push.hpp"
#include "core/mapping/sound.hpp"
#include "core/mapping/stamp.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "store/connections.hpp"
#include "store/fields.hpp"
#include "store/mappings.hpp"
#include "store/row_history.hpp"
#include "store/target.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::strcat;

core::Mapping mapping_of(pg::Sql& sql, const store::MappingRow& row, const core::Target& target) {
  const core::Api api = store::load_connection(sql, row.connection_id).api();
  return core::sound_mapping(core::parse_mapping(row.name, row.definition, api, target,
                                                 store::load_fields(sql, row.connection_id, row.object)),
                             strcat("mapping ", row.name, ": "));
}

std::vector<std::vector<pg::Out>> explain_row(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "mapping");
  const std::string key = call.required_text(1, "key");
  Caller caller(call, 2);
  const store::MappingRow row = store::require_mapping(caller.sql, caller.tenant.tenant_id, name);
  const auto table = pg::describe_table(caller.sql, row.target);
  if (!table) throw Failure(Errc::undefined_object, strcat("table ", row.target_name, " does not exist any more"));
  const core::Target target = store::target_of(*table);
  const core::Mapping mapping = mapping_of(caller.sql, row, target);
  const store::KnownRow known = store::find_row(caller.sql, *table, mapping, core::row_key(mapping, target), key);
  const core::RowHistory history = store::row_history(caller.sql, row, *table, mapping, known);
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
