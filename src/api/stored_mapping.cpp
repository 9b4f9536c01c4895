#include "api/stored_mapping.hpp"

#include "base/strings.hpp"
#include "core/mapping/sound.hpp"
#include "core/mapping/stamp.hpp"
#include "store/connections.hpp"
#include "store/fields.hpp"
#include "store/runs.hpp"
#include "store/source.hpp"
#include "store/target.hpp"

namespace tandem::api {

using base::strcat;

StoredMapping stored_mapping(pg::Sql& sql, const store::MappingRow& row) {
  std::optional<pg::Table> found = pg::describe_table(sql, row.target);
  if (!found)
    throw base::Failure(base::Errc::undefined_object, strcat("table ", row.target_name, " does not exist any more"));
  pg::Table table = store::source_of(sql, *std::move(found), row.definition);
  core::Target target = store::target_of(table);
  const core::Api api = store::load_connection(sql, row.connection_id).api();
  core::Mapping mapping =
      core::sound_mapping(core::parse_mapping(row.name, row.definition, api, target,
                                              store::load_fields(sql, row.connection_id, row.object)),
                          strcat("mapping ", row.name, ": "));
  store::RunSpec spec;
  spec.mapping_id = row.mapping_id;
  spec.tenant_id = row.tenant_id;
  spec.definition = row.definition;
  core::fill_stamps(mapping, target, store::stamp_values(sql, spec));
  return {std::move(table), std::move(target), std::move(mapping)};
}

}  // namespace tandem::api
