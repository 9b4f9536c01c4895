#include "core/mapping/columns.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/children.hpp"
#include "core/mapping/codes.hpp"
#include "core/schema/check.hpp"
#include "core/transform/outward.hpp"

namespace tandem::core {

namespace {

constexpr auto kColumnKeys = std::to_array<std::string_view>(
    {"column", "type", "direction", "required", "default", "to_local", "to_remote", "reference", "absent", "bad_text"});
constexpr auto kItemKeys =
    std::to_array<std::string_view>({"field", "column", "type", "direction", "required", "default", "to_local",
                                     "to_remote", "reference", "sql", "constant", "absent", "bad_text"});
constexpr std::array<std::string_view, 3> kDirections{"both", "pull", "push"};  // of ColumnDirection
constexpr std::array<std::string_view, 3> kAbsent{"null", "keep", "error"};     // of Absent
constexpr std::array<std::string_view, 2> kBadText{"error", "replace"};
constexpr std::array<std::string_view, 14> kTypes{"string",        "number", "integer",  "boolean",   "date",
                                                  "date-time",     "json",   "array",    "image-uri", "uri",
                                                  "email-address", "uuid",   "datetime", "bool"};

void read_steps(ObjectReader& in, const char* key, const ColumnMapping& column, std::vector<Transform>& steps,
                Findings& findings);

void read_reference(ObjectReader& in, ColumnMapping& column, Findings& findings);

void read_details(ObjectReader& in, ColumnMapping& column, Findings& findings) {
  if (in.find("column") == nullptr) in.missing("column", "It is the local column that takes the value.");
  column.column = in.text("column").value_or("");
  if (const auto type = in.choice("type", kTypes))
    column.type = declared_type(kTypes[*type]).value_or(DeclaredType::none);
  column.required = in.boolean("required").value_or(false);
  if (const base::Json* fallback = in.find("default")) column.fallback = *fallback;
  if (const auto direction = in.choice("direction", kDirections))
    column.direction = static_cast<ColumnDirection>(*direction);
  if (const auto absent = in.choice("absent", kAbsent)) column.absent = static_cast<Absent>(*absent);
  column.replace_bad_text = in.choice("bad_text", kBadText).value_or(0) == 1;
  read_steps(in, "to_local", column, column.to_local, findings);
  read_steps(in, "to_remote", column, column.to_remote, findings);
  read_reference(in, column, findings);
}

// What the steps leave of the value is an id; what would change what is found by it is refused.
void read_reference(ObjectReader& in, ColumnMapping& column, Findings& findings) {
  const base::Json* steps = in.find("to_local");
  const base::Json* last = steps == nullptr ? nullptr : last_reference(*steps);
  const base::Json* reference = last != nullptr ? last : in.find("reference");
  if (reference == nullptr) return;
  column.reference = core::read_reference(*reference, in.path_of(last != nullptr ? "to_local" : "reference"), findings);
  for (const char* key : {"default", "constant", "sql", "type"})
    if (in.find(key) != nullptr) in.error(key, "has no meaning beside \"reference\"", "Leave one of the two out.");
  if (column.field == "*") in.error("reference", "the whole record (\"*\") is no id of another one");
  if (column.has_sql())
    in.error("to_local", "a step that needs the database cannot stand before \"reference\"",
             "Refer to a column that holds the result, or let a trigger look it up.");
}

void read_steps(ObjectReader& in, const char* key, const ColumnMapping& column, std::vector<Transform>& steps,
                Findings& findings) {
  const base::Json* json = in.find(key);
  if (json == nullptr) return;
  const std::size_t before = findings.size();
  const auto read = std::string_view(key) == "to_remote" ? read_outward_transforms : read_transforms;
  steps = read(last_reference(*json) == nullptr ? *json : without_last(*json), in.path_of(key), findings);
  for (std::size_t i = before; i < findings.size(); ++i) {
    findings[i].field = column.field;
    findings[i].column = column.column;
  }
}

void read_members(const base::Json& columns, const std::string& within, ReadColumns& out, Findings& findings) {
  for (const auto& [field, value] : columns.members()) {
    if (value.is_null()) continue;
    const std::string path = path_join(within, field);
    if (is_child_table(field, value)) {
      if (auto child = read_child_table(field, value, path, findings)) out.children.push_back(*std::move(child));
      continue;
    }
    ColumnMapping column{.field = field, .column = {}};
    if (field.empty()) {
      findings.push_back(
          {.path = path, .message = "the name of the remote field is empty", .code = finding_code::kWrongValue});
    } else if (value.is_string() && !value.string().empty()) {
      column.column = value.string();
    } else if (value.is_object()) {
      ObjectReader in(value, path, kColumnKeys, findings);
      read_details(in, column, findings);
    } else {
      findings.push_back({.path = path,
                          .message = "must be the name of a column or an object",
                          .hint = base::strcat("Write \"", field, "\": \"column\" or \"", field,
                                               "\": {\"column\": \"column\", \"type\": \"string\"}."),
                          .code = finding_code::kWrongKind,
                          .field = field});
    }
    if (!column.column.empty()) out.columns.push_back(std::move(column));
  }
}

void read_source(ObjectReader& in, const base::Json& item, ColumnMapping& column);

void read_items(const base::Json& columns, const std::string& within, ReadColumns& out, Findings& findings) {
  std::size_t position = 0;
  for (const base::Json& item : columns.items()) {
    const std::string path = path_join(within, std::to_string(position++));
    const std::string field = item.is_object() ? item.string_at("field").value_or("") : std::string();
    if (is_child_table(field, item)) {
      if (auto child = read_child_table(field, item, path, findings)) out.children.push_back(*std::move(child));
      continue;
    }
    ObjectReader in(item, path, kItemKeys, findings);
    if (!item.is_object()) continue;
    ColumnMapping column;
    read_source(in, item, column);
    read_details(in, column, findings);
    if (const auto expression = in.text("sql"))
      column.to_local.push_back({.kind = Transform::Kind::sql, .text = *expression});
    const bool sourced = !column.field.empty() || column.constant || !column.to_local.empty();
    if (sourced && !column.column.empty()) out.columns.push_back(std::move(column));
  }
}

// Where the values of an item come from: a field, the mapping itself, or an expression over the record.
void read_source(ObjectReader& in, const base::Json& item, ColumnMapping& column) {
  const base::Json* constant = item.find("constant");  // null is a value, too
  const bool computed = in.find("sql") != nullptr;
  if (constant == nullptr && !computed) {
    if (in.find("field") == nullptr) {
      in.missing("field",
                 "It is the remote field that gives the value; \"constant\" gives every row the same one, \"sql\" "
                 "computes one from the record.");
    }
    column.field = in.text("field").value_or("");
    return;
  }
  if (computed && constant != nullptr)
    in.error("sql", "has no meaning beside \"constant\"", "Leave one of the two out.");
  const char* const source = computed ? "sql" : "constant";
  for (const char* key : {"field", "required", "to_local", "absent", "bad_text", computed ? "type" : "default"}) {
    if (in.find(key) == nullptr) continue;
    in.error(key, base::strcat("has no meaning beside \"", source, '"'),
             computed && std::string_view(key) == "field"
                 ? "To change the field's own value, write \"to_local\": [{\"sql\": \"…\"}]."
                 : "Leave one of the two out.");
  }
  if (constant != nullptr) column.constant = *constant;
}

}  // namespace

ReadColumns read_columns(const base::Json& columns, const std::string& path, Findings& findings) {
  ReadColumns out;
  const std::size_t before = findings.size();
  if (columns.is_object()) {
    read_members(columns, path, out, findings);
  } else if (columns.is_array()) {
    read_items(columns, path, out, findings);
  } else {
    findings.push_back(
        {.path = path,
         .message = base::strcat("must be an object, an array or null, not ", base::Json::kind_name(columns.kind())),
         .hint = "Write {\"RemoteField\": \"local_column\"}.",
         .code = finding_code::kWrongKind});
  }
  if (out.columns.empty() && findings.size() == before) {
    findings.push_back({.path = path,
                        .message = "no column is mapped",
                        .hint = "Write {\"RemoteField\": \"local_column\"}, or leave columns out to map by name.",
                        .code = mapping_code::kNoColumns});
  }
  return out;
}

std::vector<ColumnMapping> columns_by_name(const Target& target, const std::vector<RemoteField>& discovered,
                                           const std::string& list_fields_sql, Findings& findings) {
  std::vector<ColumnMapping> out;
  const auto report = [&](Severity severity, const char* code, std::string message, std::string hint,
                          const std::string& field = {}, const std::string& column = {}) {
    findings.push_back({.severity = severity,
                        .path = "columns",
                        .message = std::move(message),
                        .hint = std::move(hint),
                        .code = code,
                        .field = field,
                        .column = column});
  };
  if (discovered.empty()) {
    report(Severity::error, mapping_code::kNoColumns,
           "columns are not given, and the object's fields are not known yet", list_fields_sql);
    return out;
  }
  for (const TargetColumn& column : target.columns) {
    const RemoteField* chosen = nullptr;
    for (const RemoteField& field : discovered) {
      if (field.name != column.name && base::snake_case(field.name) != column.name) continue;
      if (chosen != nullptr) {
        report(Severity::warning, mapping_code::kAmbiguousName,
               base::strcat("fields \"", chosen->name, "\" and \"", field.name, "\" both match column ", column.name),
               "The one of exactly that name is taken, else the first; give columns to choose another.", field.name,
               column.name);
      }
      if (chosen == nullptr || field.name == column.name) chosen = &field;
    }
    if (chosen == nullptr) continue;
    if (column.generated || column.identity_always) {
      report(Severity::info, mapping_code::kUnwritableColumn,
             base::strcat("column ", column.name, " is filled in by the database and is not mapped"), {}, chosen->name,
             column.name);
      continue;
    }
    out.push_back({.field = chosen->name, .column = column.name});
  }
  if (out.empty()) {
    report(Severity::error, mapping_code::kNoColumns,
           base::strcat("no field of the object has the name of a column of ", target.name),
           base::strcat("Give columns like {\"", discovered.front().name, "\": \"local_column\"}."));
  }
  return out;
}

bool uses_record(const ColumnMapping& column) noexcept {
  return std::ranges::any_of(column.to_local, [](const Transform& step) {
    return (step.kind == Transform::Kind::sql && base::lower(step.text).find("record") != std::string::npos) ||
           (step.kind == Transform::Kind::function && step.text.find(',') != std::string::npos);
  });
}

base::ColumnType staged_type(const ColumnMapping& column) {
  const bool json = column.type == DeclaredType::json || column.type == DeclaredType::array;
  return {.type_class = json ? base::TypeClass::jsonb : base::TypeClass::text, .name = json ? "jsonb" : "text"};
}

std::string list_fields_sql(const Api& api, const std::string& object) {
  return base::strcat("SELECT * FROM tandem.list_fields(",
                      sql_literal(api.connection.empty() ? "connection" : api.connection), ", ", sql_literal(object),
                      ");");
}

}  // namespace tandem::core
