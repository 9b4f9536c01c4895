#include "core/mapping_columns.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/mapping_codes.hpp"
#include "core/schema_check.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 4> kColumnKeys{"column", "type", "required", "default"};
constexpr std::array<std::string_view, 5> kItemKeys{"field", "column", "type", "required", "default"};
constexpr std::array<std::string_view, 14> kTypes{"string",        "number", "integer",  "boolean",   "date",
                                                  "date-time",     "json",   "array",    "image-uri", "uri",
                                                  "email-address", "uuid",   "datetime", "bool"};

void read_details(ObjectReader& in, ColumnMapping& column) {
  if (in.find("column") == nullptr) in.missing("column", "It is the local column that takes the value.");
  column.column = in.text("column").value_or("");
  if (const auto type = in.choice("type", kTypes))
    column.type = declared_type(kTypes[*type]).value_or(DeclaredType::none);
  column.required = in.boolean("required").value_or(false);
  if (const base::Json* fallback = in.find("default")) column.fallback = *fallback;
}

void read_members(const base::Json& columns, std::vector<ColumnMapping>& out, Findings& findings) {
  for (const auto& [field, value] : columns.members()) {
    if (value.is_null()) continue;
    const std::string path = path_join("columns", field);
    ColumnMapping column{.field = field, .column = {}};
    if (field.empty()) {
      findings.push_back(
          {.path = path, .message = "the name of the remote field is empty", .code = finding_code::kWrongValue});
    } else if (value.is_string() && !value.string().empty()) {
      column.column = value.string();
    } else if (value.is_object()) {
      ObjectReader in(value, path, kColumnKeys, findings);
      read_details(in, column);
    } else {
      findings.push_back({.path = path,
                          .message = "must be the name of a column or an object",
                          .hint = base::strcat("Write \"", field, "\": \"column\" or \"", field,
                                               "\": {\"column\": \"column\", \"type\": \"string\"}."),
                          .code = finding_code::kWrongKind,
                          .field = field});
    }
    if (!column.column.empty()) out.push_back(std::move(column));
  }
}

void read_items(const base::Json& columns, std::vector<ColumnMapping>& out, Findings& findings) {
  std::size_t position = 0;
  for (const base::Json& item : columns.items()) {
    ObjectReader in(item, path_join("columns", std::to_string(position++)), kItemKeys, findings);
    if (!item.is_object()) continue;
    if (in.find("field") == nullptr) in.missing("field", "It is the remote field that gives the value.");
    ColumnMapping column{.field = in.text("field").value_or(""), .column = {}};
    read_details(in, column);
    if (!column.field.empty() && !column.column.empty()) out.push_back(std::move(column));
  }
}

std::string quoted_literal(std::string_view text) {
  std::string out = "'";
  for (char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + '\'';
}

}  // namespace

std::vector<ColumnMapping> read_columns(const base::Json& columns, Findings& findings) {
  std::vector<ColumnMapping> out;
  const std::size_t before = findings.size();
  if (columns.is_object()) {
    read_members(columns, out, findings);
  } else if (columns.is_array()) {
    read_items(columns, out, findings);
  } else {
    findings.push_back(
        {.path = "columns",
         .message = base::strcat("must be an object, an array or null, not ", base::Json::kind_name(columns.kind())),
         .hint = "Write {\"RemoteField\": \"local_column\"}.",
         .code = finding_code::kWrongKind});
  }
  if (out.empty() && findings.size() == before) {
    findings.push_back({.path = "columns",
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

std::string list_fields_sql(const Api& api, const std::string& object) {
  return base::strcat("SELECT * FROM tandem.list_fields(",
                      quoted_literal(api.connection.empty() ? "connection" : api.connection), ", ",
                      quoted_literal(object), ");");
}

}  // namespace tandem::core
