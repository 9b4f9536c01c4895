#include <algorithm>

#include "core/mapping/check.hpp"

#include "base/strings.hpp"
#include "core/mapping/codes.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

Finding finding(Severity severity, const char* path, const char* code, std::string message, std::string hint,
                std::string column = {}) {
  return {.severity = severity,
          .path = path,
          .message = std::move(message),
          .hint = std::move(hint),
          .code = code,
          .column = std::move(column)};
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool same_columns(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  return left.size() == right.size() &&
         std::ranges::all_of(left, [&](const std::string& name) { return contains(right, name); });
}

bool any_mapped(const Mapping& mapping, const std::vector<std::string>& columns) {
  return std::ranges::any_of(columns, [&](const std::string& name) { return find_mapped(mapping, name) != nullptr; });
}

void check_key_mapped(const Mapping& mapping, Findings& findings) {
  for (const std::string& field : mapping.key) {
    if (std::ranges::find(mapping.columns, field, &ColumnMapping::field) != mapping.columns.end()) continue;
    Finding missing =
        finding(Severity::error, "key", mapping_code::kKeyUnmapped,
                base::strcat("key field \"", field, "\" is not mapped to a column, so existing rows cannot be found"),
                base::strcat("Add \"", field, "\": \"column\" to columns, give match_on, or use write_mode append."));
    missing.field = field;
    findings.push_back(std::move(missing));
  }
}

void check_match_column(const Mapping& mapping, const Target& target, const std::string& name, Findings& findings) {
  const TargetColumn* column = find_column(target, name);
  const ColumnMapping* mapped = find_mapped(mapping, name);
  if (column == nullptr) {
    if (mapped != nullptr) return;  // check_columns has said so
    std::vector<std::string_view> names;
    for (const TargetColumn& known : target.columns) names.push_back(known.name);
    findings.push_back(finding(Severity::error, "match_on", mapping_code::kMatchUnusable,
                               base::strcat("column \"", name, "\" of ", target.name, " does not exist"),
                               nearest_hint(name, names, "Columns"), name));
  } else if (mapped == nullptr) {
    findings.push_back(finding(Severity::error, "match_on", mapping_code::kMatchUnusable,
                               base::strcat("column ", name, " is not mapped, so there is no value to find rows by"),
                               base::strcat("Add {\"RemoteField\": \"", name, "\"} to columns."), name));
  } else if (!column->not_null && !mapped->required && !mapped->field.empty() &&
             !contains(mapping.key, mapped->field)) {
    findings.push_back(
        finding(Severity::warning, "match_on", mapping_code::kMatchNullable,
                base::strcat("column ", name, " can be null, and a record with null there never finds its row"),
                base::strcat("ALTER TABLE ", target.name, " ALTER COLUMN ", sql_name(name), " SET NOT NULL;"), name));
  }
}

void check_unique_index(const Mapping& mapping, const Target& target, Findings& findings) {
  const bool found = std::ranges::any_of(
      target.unique_keys, [&](const TargetKey& key) { return same_columns(key.columns, mapping.match_on); });
  const bool all_there = std::ranges::all_of(
      mapping.match_on, [&](const std::string& name) { return find_column(target, name) != nullptr; });
  if (found || !all_there) return;
  const std::string columns = sql_names(mapping.match_on);
  findings.push_back(
      finding(Severity::error, "match_on", mapping_code::kNoUniqueIndex,
              base::strcat(target.name, " has no unique index on exactly (", columns, "), which rows are found by"),
              base::strcat("CREATE UNIQUE INDEX ON ", target.name, " (", columns, ");"), mapping.match_on.front()));
}

void check_other_keys(const Mapping& mapping, const Target& target, Findings& findings) {
  for (const TargetKey& key : target.unique_keys) {
    if (same_columns(key.columns, mapping.match_on) || !any_mapped(mapping, key.columns)) continue;
    findings.push_back(
        finding(Severity::info, "columns", mapping_code::kOtherUniqueKey,
                base::strcat("unique index ", key.index, " (", sql_names(key.columns), ") can refuse records"),
                "A record whose values another row has already becomes a sync error.", key.columns.front()));
  }
}

// A reference waits by itself until its row is there.
bool refers(const Mapping& mapping, const std::vector<std::string>& columns) {
  return columns.size() == 1 && find_mapped(mapping, columns.front())->reference.has_value();
}

void check_foreign_keys(const Mapping& mapping, const Target& target, Findings& findings) {
  for (const TargetForeignKey& key : target.foreign_keys) {
    if (!any_mapped(mapping, key.columns) || refers(mapping, key.columns)) continue;
    findings.push_back(finding(
        Severity::warning, "columns", mapping_code::kForeignKey,
        base::strcat("foreign key ", key.name, " (", sql_names(key.columns), ") needs a row of ", key.referenced),
        base::strcat("Records whose parent is missing become sync errors; let ", key.referenced, " be filled first."),
        key.columns.empty() ? std::string() : key.columns.front()));
  }
}

}  // namespace

void check_keys(const Mapping& mapping, const Target& target, Findings& findings) {
  if (mapping.write_mode != WriteMode::append) {
    if (mapping.match_on.empty()) check_key_mapped(mapping, findings);
    for (const std::string& name : mapping.match_on) check_match_column(mapping, target, name, findings);
    if (!mapping.match_on.empty()) check_unique_index(mapping, target, findings);
  }
  check_other_keys(mapping, target, findings);
  check_foreign_keys(mapping, target, findings);
}

}  // namespace tandem::core
