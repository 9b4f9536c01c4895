#include "core/schema/change.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/children.hpp"

namespace tandem::core {

using base::Json;
using base::strcat;

namespace {

std::string column_in(const Json& entry) {
  return entry.is_string() ? entry.string() : entry.string_at("column").value_or("");
}

// (field, column) of all columns, in either way to write them.
std::vector<std::pair<std::string, std::string>> pairs(const Json& definition) {
  std::vector<std::pair<std::string, std::string>> out;
  const Json* columns = definition.find("columns");
  if (columns != nullptr && columns->is_object())
    for (const auto& [field, entry] : columns->members()) out.emplace_back(field, column_in(entry));
  if (columns != nullptr && columns->is_array())
    for (const Json& entry : columns->items())
      out.emplace_back(entry.string_at("field").value_or(""), column_in(entry));
  return out;
}

// Options whose keys, or whose values, are columns.
constexpr std::array<std::string_view, 2> kKeyed{"stamp", "soft_delete_columns"};
constexpr std::string_view kValued = "status_columns";

const Json* option(const Json& definition, std::string_view name) {
  const Json* options = definition.find("options");
  const Json* found = options == nullptr ? nullptr : options->find(name);
  return found != nullptr && found->is_object() ? found : nullptr;
}

using Names = std::map<std::string, std::string>;

std::string renamed(const Names& names, const std::string& name) {
  const auto found = names.find(name);
  return found == names.end() ? name : found->second;
}

Json renamed_entry(Json entry, const Names& names) {
  if (entry.is_string()) return Json(renamed(names, entry.string()));
  if (const auto column = entry.string_at("column")) entry.set("column", Json(renamed(names, *column)));
  return entry;
}

Json renamed_columns(const Json& columns, const Names& names) {
  Json out = columns.is_array() ? Json::array() : Json::object();
  if (columns.is_array())
    for (const Json& entry : columns.items()) out.push(renamed_entry(entry, names));
  else
    for (const auto& [field, entry] : columns.members()) out.set(field, renamed_entry(entry, names));
  return out;
}

Json renamed_option(const Json& given, const Names& names, bool keys) {
  Json out = Json::object();
  for (const auto& [key, value] : given.members()) {
    const bool text = !keys && value.is_string();
    out.set(keys ? renamed(names, key) : key, text ? Json(renamed(names, value.string())) : value);
  }
  return out;
}

}  // namespace

std::string SchemaChange::in_words() const {
  if (side == "remote") {
    if (kind == "added") return strcat("field ", field, " appeared");
    if (kind == "vanished") return strcat("field ", field, " vanished");
    return strcat("field ", field, " is ", new_type, " now, it was ", old_type);
  }
  if (column.empty())
    return is_of_child(*this) ? strcat(old_type, ", of ", field, ", was dropped") : "the table was dropped";
  if (kind == "renamed") return strcat("column ", column, " is called ", new_type, " now");
  if (kind == "retyped") return strcat("column ", column, " is ", new_type, " now, it was ", old_type);
  return strcat("column ", column, " was dropped");
}

LocalColumns local_columns(const Json& stored) {
  LocalColumns out;
  if (!stored.is_object()) return out;
  for (const auto& [name, column] : stored.members())
    out[name] = {static_cast<int>(column.items().at(0).integer()), column.items().at(1).string()};
  return out;
}

SchemaPolicy schema_policy(const Json& definition) {
  const Json* options = definition.find("options");
  const std::string name = options == nullptr ? "" : options->string_at("schema_change").value_or("");
  return name == "evolve"    ? SchemaPolicy::evolve
         : name == "pause"   ? SchemaPolicy::pause
         : name == "discard" ? SchemaPolicy::discard
                             : SchemaPolicy::freeze;
}

std::vector<std::string> named_columns(const Json& definition) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::ranges::find(out, name) == out.end()) out.push_back(name);
  };
  for (const auto& [field, column] : pairs(definition)) add(column);
  if (const Json* match = definition.find("match_on"); match != nullptr && match->is_array())
    for (const Json& column : match->items()) add(column.string());
  for (const std::string_view name : kKeyed)
    if (const Json* columns = option(definition, name))
      for (const auto& [column, value] : columns->members()) add(column);
  if (const Json* columns = option(definition, kValued))
    for (const auto& [key, column] : columns->members())
      if (column.is_string()) add(column.string());
  return out;
}

std::string field_of_column(const Json& definition, std::string_view column) {
  for (const auto& [field, name] : pairs(definition))
    if (name == column) return field;
  return {};
}

std::string column_of_field(const Json& definition, std::string_view field) {
  for (const auto& [name, column] : pairs(definition))
    if (name == field) return column;
  return {};
}

SchemaChanges local_changes(std::string_view mapping, const Json& definition, const LocalColumns& seen,
                            const LocalColumns& now) {
  SchemaChanges out;
  const Json* options = definition.find("options");
  if (options != nullptr && options->string_at("source_query")) return out;  // its columns are those of the query
  for (const std::string& name : named_columns(definition)) {
    const auto was = seen.find(name);
    if (was == seen.end()) continue;
    const std::string field = field_of_column(definition, name);
    SchemaChange change{.side = "local", .kind = {}, .field = field, .column = name, .old_type = was->second.type};
    const auto same = std::ranges::find_if(now, [&](const auto& c) { return c.second.number == was->second.number; });
    const auto named = now.find(name);
    if (same != now.end() && same->first != name) {
      change.kind = "renamed";
      change.new_type = same->first;
      if (!field.empty()) change.ddl = alter_columns_sql(mapping, field, same->first);
    } else if (named == now.end()) {
      change.kind = "dropped";
      if (!field.empty()) change.ddl = alter_columns_sql(mapping, field, {});
    } else if (named->second.type != was->second.type) {
      change.kind = "retyped";
      change.new_type = named->second.type;
      change.ddl = strcat("SELECT * FROM tandem.validate_mapping(", sql_literal(mapping), ");");
    } else {
      continue;
    }
    out.push_back(std::move(change));
  }
  return out;
}

SchemaChange table_dropped(std::string_view mapping, std::string_view table) {
  return {.side = "local",
          .kind = "dropped",
          .old_type = strcat("table ", table),
          .ddl = strcat("SELECT tandem.drop_mapping(", sql_literal(mapping), ");")};
}

namespace {

// A definition whose columns are the child's, so that it can be looked at like any other.
Json child_definition(const Json& entry) {
  Json out = Json::object();
  if (const Json* columns = entry.find("columns")) out.set("columns", *columns);
  Json parents = Json::array();
  const Json* given = entry.find("parent");
  if (given != nullptr && given->is_string()) parents.push(*given);
  if (given != nullptr && given->is_array())
    for (const Json& column : given->items()) parents.push(column);
  if (given != nullptr && given->is_object())
    for (const auto& [column, of] : given->members()) parents.push(Json(column));
  out.set("match_on", std::move(parents));
  return out;
}

// `entry` is one of the definition's.
Json with_child_entry(Json definition, const std::string& field, const Json& entry, const Json& changed) {
  const Json before = *definition.find("columns");
  Json columns = before.is_array() ? Json::array() : Json::object();
  if (before.is_array())
    for (const Json& item : before.items()) columns.push(item == entry ? changed : item);
  else
    for (const auto& [name, value] : before.members()) columns.set(name, name == field ? changed : value);
  definition.set("columns", std::move(columns));
  return definition;
}

}  // namespace

std::vector<std::string> child_arrays(const Json& definition) {
  std::vector<std::string> out;
  const Json* columns = definition.find("columns");
  const auto add = [&](const std::string& field, const Json& entry) {
    if (is_child_table(field, entry)) out.push_back(field.substr(0, field.size() - 2));
  };
  if (columns != nullptr && columns->is_object())
    for (const auto& [field, entry] : columns->members()) add(field, entry);
  if (columns != nullptr && columns->is_array())
    for (const Json& entry : columns->items()) add(entry.string_at("field").value_or(""), entry);
  return out;
}

const Json* child_entry(const Json& definition, std::string_view field) {
  const Json* columns = definition.find("columns");
  if (columns != nullptr && columns->is_object()) return columns->find(std::string(field));
  if (columns != nullptr && columns->is_array())
    for (const Json& entry : columns->items())
      if (entry.string_at("field") == field && is_child_table(field, entry)) return &entry;
  return nullptr;
}

bool is_of_child(const SchemaChange& change) {
  return change.side == "local" && change.field.find("[]") != std::string::npos;
}

SchemaChanges child_table_changes(std::string_view mapping, const Json& definition, std::string_view field,
                                  std::string_view table, const LocalColumns& seen, const LocalColumns& now) {
  const Json* entry = child_entry(definition, field);
  if (entry == nullptr) return {};
  SchemaChanges out = local_changes(mapping, child_definition(*entry), seen, now);
  for (SchemaChange& change : out) {
    if (!change.field.empty() && change.kind != "retyped") {
      const Json columns = Json::object({{change.field, change.kind == "renamed" ? Json(change.new_type) : Json()}});
      const Json changes =
          Json::object({{"columns", Json::object({{std::string(field), Json::object({{"columns", columns}})}})}});
      change.ddl =
          strcat("SELECT tandem.alter_mapping(", sql_literal(mapping), ", ", sql_literal(changes.dump()), ");");
    }
    change.field = change.field.empty() ? std::string(field) : strcat(field, ".", change.field);
    change.column = strcat(table, ".", change.column);
  }
  return out;
}

SchemaChange child_table_dropped(std::string_view mapping, std::string_view field, std::string_view table) {
  return {.side = "local",
          .kind = "dropped",
          .field = std::string(field),
          .old_type = strcat("table ", table),
          .ddl = alter_columns_sql(mapping, field, {})};
}

Json with_renamed_child_columns(Json definition, const std::string& field, const Names& names) {
  const Json* entry = child_entry(definition, field);
  if (entry == nullptr) return definition;
  Json changed = *entry;
  if (const Json* columns = entry->find("columns")) changed.set("columns", renamed_columns(*columns, names));
  if (const Json* parent = entry->find("parent")) {
    if (parent->is_string()) changed.set("parent", Json(renamed(names, parent->string())));
    if (parent->is_object()) changed.set("parent", renamed_option(*parent, names, true));
    if (parent->is_array()) {
      Json list = Json::array();
      for (const Json& column : parent->items()) list.push(Json(renamed(names, column.string())));
      changed.set("parent", std::move(list));
    }
  }
  return with_child_entry(std::move(definition), field, *entry, changed);
}

Json with_child_table(Json definition, const std::string& field, const std::string& table) {
  const Json* entry = child_entry(definition, field);
  if (entry == nullptr) return definition;
  Json changed = *entry;
  changed.set("table", Json(table));
  return with_child_entry(std::move(definition), field, *entry, changed);
}

Json with_renamed_columns(Json definition, const Names& names) {
  if (const Json* columns = definition.find("columns"))
    definition.set("columns", renamed_columns(Json(*columns), names));
  if (const Json* match = definition.find("match_on"); match != nullptr && match->is_array()) {
    Json out = Json::array();
    for (const Json& column : match->items()) out.push(Json(renamed(names, column.string())));
    definition.set("match_on", std::move(out));
  }
  const Json* options = definition.find("options");
  if (options == nullptr) return definition;
  Json changed = *options;
  for (const std::string_view name : kKeyed)
    if (const Json* given = option(definition, name))
      changed.set(std::string(name), renamed_option(*given, names, true));
  if (const Json* given = option(definition, kValued))
    changed.set(std::string(kValued), renamed_option(*given, names, false));
  definition.set("options", std::move(changed));
  return definition;
}

Json with_column(Json definition, const std::string& field, const std::string& column) {
  const Json* columns = definition.find("columns");
  Json changed = columns == nullptr ? Json::object() : *columns;
  if (changed.is_array())
    changed.push(Json::object({{"field", Json(field)}, {"column", Json(column)}}));
  else
    changed.set(field, Json(column));
  definition.set("columns", std::move(changed));
  return definition;
}

std::string alter_columns_sql(std::string_view mapping, std::string_view field, std::string_view column) {
  Json columns = Json::object();
  columns.set(std::string(field), column.empty() ? Json() : Json(std::string(column)));
  const Json changes = Json::object({{"columns", std::move(columns)}});
  return strcat("SELECT tandem.alter_mapping(", sql_literal(mapping), ", ", sql_literal(changes.dump()), ");");
}

}  // namespace tandem::core
