#include "core/schema/record_shape.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/strings.hpp"
#include "core/mapping/column_name.hpp"

namespace tandem::core {

using base::Json;
using base::strcat;

namespace {

constexpr std::int64_t kEnough = 10;  // records, to say that a field has vanished

bool one_of(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::ranges::find(types, type) != types.end();
}

std::string_view kind_of(std::string_view type) {
  if (one_of(type, {"bigint", "numeric"})) return "number";
  return one_of(type, {"boolean", "jsonb"}) ? type : "text";
}

// A type that takes the values of both.
std::string widest(const std::string& a, const std::string& b) {
  if (a.empty() || a == b) return b;
  if (b.empty()) return a;
  if (a == "jsonb" || b == "jsonb") return "jsonb";
  return kind_of(a) == "number" && kind_of(b) == "number" ? "numeric" : "text";
}

// The first step of a mapped path is the field that records have.
std::string mapped_column(const Json& definition, std::string_view field) {
  if (std::string column = column_of_field(definition, field); !column.empty()) return column;
  for (const std::string& column : named_columns(definition)) {
    const std::string path = field_of_column(definition, column);
    if (path.starts_with(strcat(field, ".")) || path == strcat("/", field) || path.starts_with(strcat("/", field, "/")))
      return column;
  }
  return {};
}

// Its elements have a table of their own.
bool feeds_child(const Json& definition, std::string_view field) {
  const std::vector<std::string> arrays = child_arrays(definition);
  return std::ranges::any_of(arrays, [&](const std::string& array) {
    return array == field || array.starts_with(strcat(field, ".")) || array == strcat("/", field) ||
           array.starts_with(strcat("/", field, "/"));
  });
}

bool is_used(const Json& definition, std::string_view field) {
  if (feeds_child(definition, field)) return true;
  const Json* key = definition.find("key");
  return key != nullptr && key->is_array() && std::ranges::any_of(key->items(), [&](const Json& name) {
           return name.is_string() && name.string() == field;
         });
}

// `taken`: columns that the mapping names, and those of the fields that are new with this one.
SchemaChange added(const std::string& field, const FieldShape& shape, const ShapeContext& context,
                   std::unordered_set<std::string>& taken) {
  const std::string type = shape.type.empty() ? "text" : shape.type;
  const std::string column = column_for_field(field, taken);
  SchemaChange change{.side = "remote", .kind = "added", .field = field, .column = column, .new_type = type};
  if (!context.columns.contains(column))
    change.ddl = strcat("ALTER TABLE ", context.table, " ADD COLUMN ", context.quote(column), " ", type, ";\n");
  change.ddl += alter_columns_sql(context.mapping, field, column);
  return change;
}

SchemaChange vanished(const std::string& field, const FieldShape& shape, const ShapeContext& context) {
  return {.side = "remote",
          .kind = "vanished",
          .field = field,
          .column = mapped_column(context.definition, field),
          .old_type = shape.type,
          .ddl = alter_columns_sql(context.mapping, field, {})};
}

SchemaChange retyped(const std::string& field, const std::string& column, const std::string& was, const std::string& is,
                     const ShapeContext& context) {
  SchemaChange change{
      .side = "remote", .kind = "retyped", .field = field, .column = column, .old_type = was, .new_type = is};
  const auto local = context.columns.find(column);
  if (local == context.columns.end() || column_takes(local->second.type, is)) return change;
  const std::string name = context.quote(column);
  change.ddl = strcat("ALTER TABLE ", context.table, " ALTER COLUMN ", name, " TYPE ", is,
                      is == "jsonb" ? strcat(" USING to_jsonb(", name, ")") : std::string(), ";");
  return change;
}

// A type that differs only in how texts read is news only where the column minds.
bool worth_telling(const std::string& was, const std::string& is, const std::string& column,
                   const ShapeContext& context) {
  if (was.empty() || was == is) return false;
  const auto local = context.columns.find(column);
  return kind_of(was) != kind_of(is) || (local != context.columns.end() && !column_takes(local->second.type, is));
}

}  // namespace

RecordShape RecordShape::of(const std::vector<base::PageReader::Found>& sample) {
  RecordShape out;
  std::map<std::string, std::size_t, std::less<>> present;
  for (const auto& found : sample) {
    out.records = std::max(out.records, static_cast<std::int64_t>(found.record) + 1);
    ++present[found.key];
  }
  for (const InferredField& field : infer_fields(sample, static_cast<std::size_t>(out.records), {})) {
    out.fields[field.field] = {.type = field.remote_type == "null" ? std::string() : field.pg_type,
                               .always = present[field.field] == static_cast<std::size_t>(out.records)};
  }
  return out;
}

RecordShape RecordShape::from_json(const Json& json) {
  RecordShape out;
  out.records = json.integer_at("records").value_or(0);
  const Json* fields = json.find("fields");
  if (fields == nullptr || !fields->is_object()) return out;
  for (const auto& [name, field] : fields->members())
    out.fields[name] = {.type = field.string_at("type").value_or(""),
                        .always = field.boolean_at("always").value_or(false),
                        .gone = field.boolean_at("gone").value_or(false)};
  return out;
}

Json RecordShape::to_json() const {
  Json listed = Json::object();
  for (const auto& [name, field] : fields) {
    Json one = Json::object({{"type", Json(field.type)}, {"always", Json(field.always)}});
    if (field.gone) one.set("gone", Json(true));
    listed.set(name, std::move(one));
  }
  return Json::object({{"records", Json(records)}, {"fields", std::move(listed)}});
}

ShapeNews compare_shapes(const RecordShape& known, const RecordShape& sample, const ShapeContext& context) {
  ShapeNews news{known, {}};
  const std::vector<std::string> named = named_columns(context.definition);
  std::unordered_set<std::string> taken(named.begin(), named.end());
  news.shape.records = std::max(known.records, sample.records);
  for (const auto& [name, seen] : sample.fields) {
    const auto was = known.fields.find(name);
    const std::string column = mapped_column(context.definition, name);
    if (was == known.fields.end()) {
      news.shape.fields[name] = {.type = seen.type, .always = false};
      if (column.empty() && !is_used(context.definition, name))
        news.changes.push_back(added(name, seen, context, taken));
      continue;
    }
    FieldShape& merged = news.shape.fields[name];
    merged.type = widest(was->second.type, seen.type);
    merged.always = was->second.always && seen.always;
    merged.gone = false;
    if (!column.empty() && worth_telling(was->second.type, merged.type, column, context))
      news.changes.push_back(retyped(name, column, was->second.type, merged.type, context));
  }
  for (auto& [name, field] : news.shape.fields) {
    if (sample.fields.contains(name) || sample.records == 0 || field.gone) continue;
    const bool mapped = !mapped_column(context.definition, name).empty() || is_used(context.definition, name);
    if (field.always && mapped && known.records >= kEnough && sample.records >= kEnough) {
      field.gone = true;
      news.changes.push_back(vanished(name, field, context));
    } else if (!mapped || sample.records >= kEnough) {
      field.always = false;
    }
  }
  return news;
}

bool is_settled(const SchemaChange& change, const Json& definition, const LocalColumns& columns,
                const RecordShape& sample) {
  if (change.side == "local") {  // a run follows what it can
    if (change.kind != "dropped" || change.column.empty()) return true;
    if (is_of_child(change)) return false;  // who looks at that table settles it
    const std::vector<std::string> named = named_columns(definition);
    return columns.contains(change.column) || std::ranges::find(named, change.column) == named.end();
  }
  const std::string column = mapped_column(definition, change.field);
  if (change.kind == "added") return !column.empty();
  if (column.empty() && !is_used(definition, change.field)) return true;
  if (change.kind == "vanished") return sample.fields.contains(change.field);
  const auto local = columns.find(column);
  return local != columns.end() && column_takes(local->second.type, change.new_type);
}

bool column_takes(std::string_view column_type, std::string_view type) {
  std::string_view base = column_type.substr(0, column_type.find('('));
  if (base.ends_with(".citext")) base = "citext";  // wherever the extension is
  if (one_of(base, {"jsonb", "json"})) return true;
  if (one_of(base, {"text", "character varying", "citext"})) return type != "jsonb";
  if (one_of(base, {"smallint", "integer", "bigint"})) return type == "bigint";
  if (one_of(base, {"numeric", "double precision", "real"})) return kind_of(type) == "number";
  if (base == "boolean") return type == "boolean";
  if (base == "uuid") return type == "uuid";
  if (base.starts_with("timestamp")) return one_of(type, {"timestamp", "timestamptz", "date"});
  if (base == "date") return type == "date";
  return true;  // another type's input function may take anything
}

}  // namespace tandem::core
