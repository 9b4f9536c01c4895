#include "store/derived.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/mapping/stamp.hpp"
#include "pg/catalog.hpp"
#include "store/connections.hpp"
#include "store/fields.hpp"
#include "store/letters.hpp"
#include "store/runs.hpp"
#include "store/target.hpp"

namespace tandem::store {

using base::strcat;

namespace {

struct Derived {
  core::Mapping mapping;
  core::Target target;
  pg::Table table;
};

core::StampValues stamps_of(pg::Sql& sql, const MappingRow& row) {
  RunSpec spec;
  spec.mapping_id = row.mapping_id;
  spec.tenant_id = row.tenant_id;
  spec.connection_id = row.connection_id;
  spec.definition = row.definition;
  return stamp_values(sql, spec);
}

// nullopt: stored, or nobody can say.
std::optional<Derived> derived(pg::Sql& sql, const MappingRow& row) {
  if (row.definition.string_at("write_mode") == "append" || row.definition.string_at("delete_mode") != "ignore")
    return std::nullopt;
  std::optional<pg::Table> table = pg::describe_table(sql, row.target);
  if (!table) return std::nullopt;
  const Connection connection = load_connection(sql, row.connection_id);
  const base::Result<core::Api> api = core::make_api(connection.manifest, connection.config);
  if (!api) return std::nullopt;
  core::Target target = target_of(*table);
  core::ParsedMapping parsed =
      core::parse_mapping(row.name, row.definition, *api, target, load_fields(sql, row.connection_id, row.object));
  const auto fatal = [](const core::Finding& finding) { return finding.severity == core::Severity::error; };
  if (std::ranges::any_of(parsed.findings, fatal)) return std::nullopt;
  core::fill_stamps(parsed.mapping, target, stamps_of(sql, row));
  const core::Object* object = api->object(row.object);
  if (object == nullptr || !contracts_are_derived(parsed.mapping, *object, local_key_of(parsed.mapping, target)))
    return std::nullopt;
  return Derived{std::move(parsed.mapping), std::move(target), *std::move(table)};
}

// As the source writes ids, as far as the column knows; times whatever DateStyle and TimeZone are.
std::string text_of_column(const core::Target& target, const std::string& name) {
  using base::TypeClass;
  const auto column = std::ranges::find(target.columns, name, &core::TargetColumn::name);
  const TypeClass type = column == target.columns.end() ? TypeClass::text : column->type.type_class;
  const std::string value = strcat("t.", pg::quote_identifier(name));
  const auto iso = [](std::string_view time) {
    return strcat("pg_catalog.jsonb_extract_path_text(pg_catalog.to_jsonb(", time, "), VARIADIC '{}')");
  };
  if (type == TypeClass::timestamptz)
    return strcat("pg_catalog.concat(", iso(strcat("pg_catalog.timezone('UTC', ", value, ")")), ", 'Z')");
  if (type == TypeClass::timestamp || type == TypeClass::date) return iso(value);
  return strcat(value, "::pg_catalog.text");
}

}  // namespace

bool contracts_are_derived(const core::Mapping& mapping, const core::Object& object,
                           const std::optional<core::LocalKey>& keys) {
  return mapping.write_mode != core::WriteMode::append && mapping.delete_mode == core::DeleteMode::ignore &&
         object.version.empty() &&
         (mapping.verify == core::Verify::target ||
          (mapping.sync_mode == core::SyncMode::incremental && mapping.hash_fields.empty())) &&
         keys && keys->derived();
}

std::optional<core::LocalKey> local_key_of(const core::Mapping& mapping, const core::Target& target) {
  for (const core::ColumnMapping& column : mapping.columns)
    if ((column.has_sql() || column.computed()) && std::ranges::count(mapping.match_on, column.column) > 0)
      return std::nullopt;
  return std::optional<core::LocalKey>(std::in_place, mapping, target, mapping.key, mapping.match_on,
                                       &kDatabaseLetters);
}

bool derives_contracts(pg::Sql& sql, const MappingRow& row) { return derived(sql, row).has_value(); }

std::optional<std::string> derived_contracts(pg::Sql& sql, const MappingRow& row) {
  const std::optional<Derived> known = derived(sql, row);
  if (!known || readable(sql, known->table.oid) == Readable::none) return std::nullopt;
  std::vector<std::string> ids(known->mapping.key.size()), members, conditions;
  for (const std::string& name : known->mapping.match_on) {
    const auto mapped = std::ranges::find(known->mapping.columns, name, &core::ColumnMapping::column);
    const std::string text = text_of_column(known->target, name);
    if (mapped->constant) {  // stamped: rows of this mapping only
      const base::Json& value = *mapped->constant;
      conditions.push_back(strcat(text, " OPERATOR(pg_catalog.=) ",
                                  pg::quote_literal(value.is_string() ? value.string() : value.dump())));
      continue;
    }
    const auto part = std::ranges::find(known->mapping.key, mapped->field) - known->mapping.key.begin();
    ids[static_cast<std::size_t>(part)] = text;
    members.push_back(strcat(pg::quote_literal(name), ", ", text));
    conditions.push_back(strcat("t.", pg::quote_identifier(name), " IS NOT NULL"));
  }
  std::string id = ids.front();
  if (ids.size() > 1) {
    for (std::string& part : ids) part = strcat("pg_catalog.to_json(", part, ")::pg_catalog.text");
    id = strcat("pg_catalog.concat('[', ", base::join(ids, ", ',', "), ", ']')");
  }
  return strcat("SELECT ", id, ", pg_catalog.jsonb_build_object(", base::join(members, ", "), ") FROM ",
                known->table.quoted, " t WHERE ", base::join(conditions, " AND "));
}

}  // namespace tandem::store
