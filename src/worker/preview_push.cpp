#include "worker/preview_push.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/convert/json.hpp"
#include "core/mapping/push.hpp"
#include "core/mapping/sound.hpp"
#include "store/connections.hpp"
#include "store/fields.hpp"
#include "store/outgoing_rows.hpp"
#include "store/push_contracts.hpp"
#include "store/target.hpp"

namespace tandem::worker {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

std::string quoted(std::string_view text) {
  base::TextArena arena;
  return std::string(core::json_text({base::Kind::string, text}, arena));
}

std::string record_text(const std::vector<core::OutValue>& values, const std::vector<std::string>& fields) {
  std::string out = "{";
  for (const core::OutValue& value : values) {
    if (out.size() > 1) out += ", ";
    out += strcat(quoted(fields[value.field]), ": ");
    switch (value.kind) {
      case core::OutValue::Kind::null:
        out += "null";
        break;
      case core::OutValue::Kind::string:
        out += quoted(value.text);
        break;
      case core::OutValue::Kind::literal:
        out += value.text;
        break;
    }
  }
  return out + "}";
}

// The columns that a contract is found by, with the row's values.
std::string known_by(const std::vector<std::string>& columns, const store::Texts& texts) {
  base::Json key = base::Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) key.set(columns[i], texts[i] ? base::Json(*texts[i]) : base::Json());
  return key.dump();
}

void tell_faults(const store::OutgoingRow& row, PreviewedRecord& out) {
  const core::RowFault& fault = row.faults.front();
  out.action = fault.waits_for != 0 ? "wait" : "error";
  out.error_type = fault.error_type;
  out.error_message = fault.message;
}

}  // namespace

std::vector<PreviewedRecord> preview_push(pg::Sql& sql, const store::MappingRow& row, std::size_t limit) {
  const auto table = pg::describe_table(sql, row.target);
  if (!table) throw Failure(Errc::undefined_object, strcat("table ", row.target_name, " does not exist any more"));
  const core::Target target = store::target_of(*table);
  const auto fields = store::load_fields(sql, row.connection_id, row.object);
  const core::Api api = store::load_connection(sql, row.connection_id).api();
  const core::Mapping mapping = core::sound_mapping(core::parse_mapping(row.name, row.definition, api, target, fields),
                                                    strcat("mapping ", row.name, ": "));
  const std::vector<std::string> key = core::row_key(mapping, target);
  if (key.empty()) throw Failure(Errc::prerequisite, strcat("table ", table->quoted, " has no primary key any more"));
  store::OutgoingRows outgoing(sql, *table, row.tenant_id, mapping, target, fields, key, mapping.match_on, row.owner);
  const std::vector<std::string> keys = store::first_keys(sql, *table, key, limit);
  const std::vector<store::OutgoingRow> rows = outgoing.read(sql, keys);
  std::vector<store::ContractRef> refs(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].there) refs[i].local_key = known_by(mapping.match_on, rows[i].more);
  const auto contracts = store::find_push_contracts(sql, row.mapping_id, refs);
  std::vector<PreviewedRecord> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].there) continue;
    const bool known = contracts[i] && !contracts[i]->deleted;
    PreviewedRecord told{.action = !rows[i].passes ? "skip"
                                   : known         ? "update"
                                                   : "create",
                         .origin_id = known ? contracts[i]->origin_id : std::string(),
                         .local_key = keys[i],
                         .record = {},
                         .error_type = {},
                         .error_message = {}};
    if (!rows[i].faults.empty())
      tell_faults(rows[i], told);
    else if (rows[i].passes)
      told.record = record_text(rows[i].values, outgoing.outgoing().fields());
    out.push_back(std::move(told));
  }
  return out;
}

}  // namespace tandem::worker
