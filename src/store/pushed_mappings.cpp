#include "store/pushed_mappings.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/mapping/push.hpp"
#include "core/mapping/sound.hpp"
#include "core/mapping/stamp.hpp"
#include "pg/log.hpp"
#include "store/connections.hpp"
#include "store/mappings.hpp"
#include "store/target.hpp"

namespace tandem::store {

using base::strcat;

namespace {

std::string text_of(const base::Json& constant) { return constant.is_string() ? constant.string() : constant.dump(); }

}  // namespace

core::Mapping read_mapping(const MappingRow& row, const Connection& connection, const core::Target& target) {
  return core::sound_mapping(core::parse_mapping(row.name, row.definition, connection.api(), target, {}), {});
}

std::string pushed_mappings_version(pg::Sql& sql, pg::Oid table) {
  const pg::Rows rows = sql.engine(R"(
    SELECT m.mapping_id, m.definition_version, c.version, m.owner::int8, m.name
      FROM tandem._mapping m JOIN tandem._connection c ON c.connection_id = m.connection_id
     WHERE m.target = $1::oid AND m.captured
     ORDER BY m.mapping_id FOR KEY SHARE OF m)",
                                   {static_cast<std::int64_t>(table)});
  std::string version;
  for (std::size_t i = 0; i < rows.size(); ++i)
    version +=
        strcat(rows.integer(i, 0), ":", rows.integer(i, 1), ":", rows.integer(i, 2), ":", rows.integer(i, 3), " ");
  return version;
}

std::vector<PushedMapping> pushed_mappings(pg::Sql& sql, const pg::Table& table) {
  const pg::Rows ids =
      sql.engine("SELECT mapping_id FROM tandem._mapping WHERE target = $1::oid AND captured ORDER BY 1",
                 {static_cast<std::int64_t>(table.oid)});
  const core::Target target = target_of(table);
  std::vector<PushedMapping> mappings;
  for (const std::int64_t id : ids.integers(0)) {
    const MappingRow row = load_mapping(sql, id);
    try {
      mappings.push_back(pushed_mapping(sql, row, table));
    } catch (const base::Failure& failure) {
      // What was captured for it stays known by the table's own key, until it is mended.
      pg::log(pg::Level::warning, strcat("tandem: mapping \"", row.name, "\" cannot push: ", failure.error().text), {},
              strcat("SELECT * FROM tandem.validate_mapping(", pg::quote_literal(row.name), ");"));
      mappings.push_back({.mapping_id = row.mapping_id,
                          .tenant_id = row.tenant_id,
                          .owner = row.owner,
                          .key = capture_key(core::Mapping(), table, target, row.mapping_id),
                          .match_columns = {},
                          .origin_columns = {}});
    }
  }
  return mappings;
}

PushedMapping pushed_mapping(pg::Sql& sql, const MappingRow& row, const pg::Table& source) {
  const core::Target target = target_of(source);
  const Connection connection = load_connection(sql, row.connection_id);
  core::Mapping mapping = read_mapping(row, connection, target);
  const core::Api api = connection.api();
  const core::Object* object = api.object(row.object);
  const std::vector<std::string> key = !mapping.key.empty() ? mapping.key
                                       : object == nullptr  ? std::vector<std::string>()
                                                            : object->id;
  RunSpec spec;
  spec.mapping_id = row.mapping_id;
  spec.tenant_id = row.tenant_id;
  spec.definition = row.definition;
  core::fill_stamps(mapping, target, stamp_values(sql, spec));
  return {.mapping_id = row.mapping_id,
          .tenant_id = row.tenant_id,
          .owner = row.owner,
          .key = capture_key(mapping, source, target, row.mapping_id),
          .match_columns = mapping.match_on,
          .origin_columns = origin_columns(mapping, key),
          .settle = mapping.push.settle};
}

std::vector<std::string> origin_columns(const core::Mapping& mapping, const std::vector<std::string>& key) {
  std::vector<std::string> columns;
  for (const std::string& field : key) {
    const auto column = std::ranges::find(mapping.columns, field, &core::ColumnMapping::field);
    if (column == mapping.columns.end() ||
        std::ranges::find(mapping.match_on, column->column) == mapping.match_on.end())
      return {};
    columns.push_back(column->column);
  }
  return columns;
}

core::CaptureKey capture_key(const core::Mapping& mapping, const pg::Table& table, const core::Target& target,
                             std::int64_t mapping_id) {
  core::CaptureKey key{.mapping_id = mapping_id};
  const std::vector<std::string> row = core::row_key(mapping, target);
  const auto column = [&](const std::string& name) -> core::CaptureKey::Column {
    if (const pg::TableColumn* found = table.column(name)) return {found->attnum, name};
    throw base::Failure(base::Errc::undefined_column, strcat("column ", name, " of ", table.quoted, " is not there"));
  };
  for (const std::string& name : row) key.row.push_back(column(name));
  for (const std::string& name : mapping.match_on)
    if (std::ranges::find(row, name) == row.end()) key.others.push_back(column(name));
  key.known_by = key.others.size();
  for (const std::string& name : core::stamped_key(mapping)) {
    const auto stamped = std::ranges::find(mapping.columns, name, &core::ColumnMapping::column);
    if (stamped != mapping.columns.end() && stamped->constant)
      key.only_where.emplace_back(column(name).attnum, text_of(*stamped->constant));
    if (std::ranges::find(row, name) == row.end()) key.others.push_back(column(name));
  }
  return key;
}

}  // namespace tandem::store
