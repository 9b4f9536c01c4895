#include <algorithm>
#include <array>

#include "core/mapping/check.hpp"
#include "core/mapping/status.hpp"

#include "base/page_reader.hpp"
#include "base/strings.hpp"
#include "core/mapping/codes.hpp"
#include "core/mapping/columns.hpp"
#include "core/mapping/push.hpp"
#include "core/logic/record_filter.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

const char* kind_of_relation(char kind) {
  switch (kind) {
    case 'v':
      return "a view";
    case 'm':
      return "a materialized view";
    case 'f':
      return "a foreign table";
    case 'i':
    case 'I':
      return "an index";
    case 'S':
      return "a sequence";
    case 'c':
      return "a composite type";
    default:
      return "no table";  // relkind is Postgres's to extend
  }
}

bool inserts(WriteMode mode) {
  switch (mode) {
    case WriteMode::upsert:
    case WriteMode::insert:
    case WriteMode::append:
      return true;
    case WriteMode::update:
      return false;
  }
  return true;  // not reached: the switch is exhaustive
}

std::string drop_not_null(const Target& target, std::string_view column) {
  return base::strcat("ALTER TABLE ", target.name, " ALTER COLUMN ", sql_name(column), " DROP NOT NULL;");
}

void check_unmapped(const Mapping& mapping, const Target& target, Findings& findings) {
  if (!inserts(mapping.write_mode)) return;
  for (const TargetColumn& column : target.columns) {
    const bool filled = column.has_default || column.generated || column.identity_always;
    const bool soft =
        std::ranges::find(mapping.soft_columns, column.name, &SoftColumn::column) != mapping.soft_columns.end();
    if (!column.not_null || filled || soft || find_mapped(mapping, column.name) != nullptr) continue;
    findings.push_back({.path = "columns",
                        .message = base::strcat("column ", column.name,
                                                " is NOT NULL without a default, and no field is mapped to it"),
                        .hint = drop_not_null(target, column.name),
                        .code = mapping_code::kNotNullUnmapped,
                        .column = column.name});
  }
}

void check_nullable(const ColumnMapping& mapped, const Target& target, const TargetColumn& column,
                    const RemoteField* field, Findings& findings) {
  if (!column.not_null || field == nullptr || !field->nullable || mapped.required || mapped.fallback) return;
  findings.push_back(
      about(mapped, Severity::warning, mapping_code::kNotNullNullable,
            base::strcat("field \"", mapped.field, "\" can be missing or null, column ", column.name,
                         " is NOT NULL: records without a value become sync errors, unless it has a \"default\""),
            drop_not_null(target, column.name)));
}

std::string source_of(const ColumnMapping& mapped) {
  return mapped.stamp == Stamp::parent ? "the key of the row that the array belongs to"
         : mapped.stamp != Stamp::none ? "a stamp"
         : mapped.constant             ? "a constant"
         : mapped.computed()           ? "an expression"
                                       : base::strcat("field \"", mapped.field, '"');
}

}  // namespace

Findings validate_mapping(const Mapping& mapping, const Api& api, const Target& target,
                          const std::vector<RemoteField>& discovered) {
  Findings findings;
  const bool only_read = !mapping.pulls() && (target.kind == 'f' || mapping.compares());
  if (target.kind != 'r' && target.kind != 'p' && !only_read) {
    findings.push_back({.path = "target",
                        .message = base::strcat(target.name, " is ", kind_of_relation(target.kind)),
                        .hint = "Choose an ordinary or a partitioned table.",
                        .code = mapping_code::kTargetKind});
    return findings;
  }
  check_columns(mapping, target, discovered, findings);
  check_last_error(mapping, target, findings);
  if (discovered.empty()) {
    findings.push_back({.severity = Severity::warning,
                        .path = "columns",
                        .message = base::strcat("the fields of object ", mapping.object,
                                                " are not known yet, so their names and types are not checked"),
                        .hint = list_fields_sql(api, mapping.object),
                        .code = mapping_code::kNotDiscovered});
  }
  check_filter_fields(mapping, discovered, findings);
  check_types(mapping, target, discovered, findings);
  check_transforms(mapping, target, findings);
  if (mapping.pushes()) check_push(mapping, target, discovered, findings);
  if (const Object* object = api.object(mapping.object); object != nullptr && mapping.pushes())
    check_writes(mapping, *object, findings);
  if (!mapping.pulls()) return findings;
  check_keys(mapping, target, findings);
  check_deletes(mapping, target, findings);
  if (const Object* object = api.object(mapping.object)) check_deletions(mapping, *object, findings);
  return findings;
}

void check_columns(const Mapping& mapping, const Target& target, const std::vector<RemoteField>& discovered,
                   Findings& findings) {
  std::vector<std::string_view> names, seen;
  for (const TargetColumn& column : target.columns) names.push_back(column.name);
  for (const ColumnMapping& mapped : mapping.columns) {
    const TargetColumn* column = find_column(target, mapped.column);
    if (column == nullptr) {
      findings.push_back(about(mapped, Severity::error, mapping_code::kUnknownColumn,
                               base::strcat("column \"", mapped.column, "\" of ", target.name, " does not exist"),
                               nearest_hint(mapped.column, names, "Columns")));
      continue;
    }
    if (std::ranges::find(seen, mapped.column) != seen.end()) {
      findings.push_back(about(mapped, Severity::error, mapping_code::kDuplicateColumn,
                               base::strcat("column ", mapped.column, " is filled by ",
                                            source_of(*find_mapped(mapping, mapped.column)), " already"),
                               "Map one of the two to another column, or leave it out."));
    }
    seen.push_back(mapped.column);
    if (column->generated || column->identity_always) {
      findings.push_back(about(mapped, Severity::error, mapping_code::kUnwritableColumn,
                               base::strcat("column ", mapped.column,
                                            column->generated ? " is generated" : " is GENERATED ALWAYS AS IDENTITY",
                                            " and cannot be written"),
                               column->generated
                                   ? "Map the field to another column, or leave it out."
                                   : base::strcat("ALTER TABLE ", target.name, " ALTER COLUMN ",
                                                  sql_name(mapped.column), " SET GENERATED BY DEFAULT;")));
    }
    if (mapped.field.empty()) continue;
    const auto field = std::ranges::find(discovered, mapped.field, &RemoteField::name);
    check_nullable(mapped, target, *column, field == discovered.end() ? nullptr : &*field, findings);
    check_known(mapped, discovered, findings);
  }
  if (mapping.pulls()) check_unmapped(mapping, target, findings);
}

// Discovery knows the top-level keys only: of a path, its first step.
void check_known(const ColumnMapping& mapped, const std::vector<RemoteField>& discovered, Findings& findings) {
  const base::FieldPath path = base::FieldPath::parse(mapped.field);
  if (discovered.empty() || path.whole_record()) return;
  std::vector<std::string_view> names;
  for (const RemoteField& field : discovered) {
    if (field.name == path.literal || (!path.path.empty() && field.name == path.path.front())) return;
    names.push_back(field.name);
  }
  findings.push_back(about(mapped, Severity::warning, mapping_code::kUnknownField,
                           base::strcat("field \"", mapped.field, "\" has not been seen in the object's records"),
                           nearest_hint(mapped.field, names, "Fields seen")));
}

const TargetColumn* find_column(const Target& target, std::string_view name) noexcept {
  const auto found = std::ranges::find(target.columns, name, &TargetColumn::name);
  return found == target.columns.end() ? nullptr : &*found;
}

const ColumnMapping* find_mapped(const Mapping& mapping, std::string_view column) noexcept {
  const auto found = std::ranges::find(mapping.columns, column, &ColumnMapping::column);
  return found == mapping.columns.end() ? nullptr : &*found;
}

Finding about(const ColumnMapping& column, Severity severity, const char* code, std::string message, std::string hint) {
  return {.severity = severity,
          .path = path_join("columns", column.field.empty() ? column.column : column.field),
          .message = std::move(message),
          .hint = std::move(hint),
          .code = code,
          .field = column.field,
          .column = column.column};
}

}  // namespace tandem::core
