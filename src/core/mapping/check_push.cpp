#include <algorithm>

#include "core/mapping/check.hpp"
#include "core/mapping/push.hpp"

#include "base/page_reader.hpp"
#include "base/strings.hpp"
#include "core/logic/logic.hpp"
#include "core/mapping/codes.hpp"

namespace tandem::core {

namespace {

std::vector<std::string_view> names_of(const Target& target) {
  std::vector<std::string_view> names;
  for (const TargetColumn& column : target.columns) names.push_back(column.name);
  return names;
}

void check_row_key(const Mapping& mapping, const Target& target, Findings& findings) {
  if (!row_key(mapping, target).empty()) return;
  const bool named = !mapping.match_on.empty();
  findings.push_back({.path = "target",
                      .message = base::strcat(target.name, " has no primary key, so its rows cannot be told apart"),
                      .hint = target.kind == 'f'
                                  ? "Name the columns that identify a row in match_on."
                                  : base::strcat("ALTER TABLE ", target.name, " ADD PRIMARY KEY (",
                                                 named ? sql_names(mapping.match_on) : std::string("id"),
                                                 "); or name the NOT NULL columns of a unique index in match_on."),
                      .code = mapping_code::kNoRowKey});
}

// Where a push alone names what its records are known by: the columns have to be there, and to be one row's.
void check_known_by(const Mapping& mapping, const Target& target, Findings& findings) {
  if (mapping.direction != Direction::push || mapping.match_on.empty()) return;
  for (const std::string& name : mapping.match_on)
    if (find_column(target, name) == nullptr)
      return findings.push_back({.path = "match_on",
                                 .message = base::strcat("column \"", name, "\" of ", target.name, " does not exist"),
                                 .hint = nearest_hint(name, names_of(target), "Columns"),
                                 .code = mapping_code::kMatchUnusable,
                                 .column = name});
  const bool unique = target.kind == 'f' || std::ranges::any_of(target.unique_keys, [&](const TargetKey& key) {
                        return std::ranges::is_permutation(key.columns, mapping.match_on);
                      });
  if (unique) return;
  const std::string columns = sql_names(mapping.match_on);
  findings.push_back({.path = "match_on",
                      .message = base::strcat(target.name, " has no unique index on exactly (", columns,
                                              "), which the records of its rows are known by"),
                      .hint = base::strcat("CREATE UNIQUE INDEX ON ", target.name, " (", columns, ");"),
                      .code = mapping_code::kNoUniqueIndex,
                      .column = mapping.match_on.front()});
}

void check_conditions(const Mapping& mapping, const Target& target, Findings& findings) {
  if (!mapping.push.conditions) return;
  const std::string path = mapping.direction == Direction::push ? "conditions" : "options.push_conditions";
  Findings reported;
  const Condition condition = Condition::compile(*mapping.push.conditions, path, reported);
  for (const base::FieldPath& field : condition.fields()) {
    const std::string& first = field.path.empty() ? field.literal : field.path.front();
    if (field.whole_record() || find_column(target, field.literal) != nullptr || find_column(target, first) != nullptr)
      continue;
    findings.push_back({.path = path,
                        .message = base::strcat("column \"", first, "\" of ", target.name, " does not exist"),
                        .hint = nearest_hint(first, names_of(target), "Columns"),
                        .code = mapping_code::kUnknownColumn,
                        .column = first});
  }
}

void check_fields(const Mapping& mapping, const std::vector<RemoteField>& discovered, Findings& findings) {
  std::vector<std::string_view> seen;
  for (const ColumnMapping& mapped : mapping.push_columns) {
    if (std::ranges::find(seen, mapped.field) != seen.end())
      findings.push_back(about(mapped, Severity::error, mapping_code::kDuplicateColumn,
                               base::strcat("field \"", mapped.field, "\" is sent from another column already"),
                               "Give all but one of them \"direction\": \"pull\"."));
    seen.push_back(mapped.field);
    const bool pulled = std::ranges::any_of(mapping.columns, [&](const ColumnMapping& other) {
      return other.field == mapped.field && other.column == mapped.column;
    });
    if (!pulled) check_known(mapped, discovered, findings);
    if (mapped.absent != Absent::null && !pulled)
      findings.push_back(about(mapped, Severity::error, mapping_code::kDetailUnusable,
                               "\"absent\" has no meaning for what is only sent", "Leave \"absent\" out."));
  }
}

// Which way a delete goes, and what it is there.
void check_deletes_out(const Mapping& mapping, Findings& findings) {
  if (mapping.delete_mode != DeleteMode::soft || !mapping.push.soft_fields.empty()) return;
  findings.push_back({.path = "options.soft_delete_fields",
                      .message = "delete_mode soft needs to know which remote fields say that a record is deleted",
                      .hint = "\"soft_delete_fields\": {\"is_deleted\": true}, or {\"deleted_at\": \"now\"}, or "
                              "{\"status\": {\"deleted\": \"gone\", \"restored\": \"active\"}}",
                      .code = mapping_code::kSoftColumns});
}

}  // namespace

void check_push(const Mapping& mapping, const Target& target, const std::vector<RemoteField>& discovered,
                Findings& findings) {
  check_row_key(mapping, target, findings);
  check_known_by(mapping, target, findings);
  check_conditions(mapping, target, findings);
  check_fields(mapping, discovered, findings);
  check_deletes_out(mapping, findings);
  if (mapping.push_columns.empty())
    findings.push_back({.path = "columns",
                        .message = "no column is sent",
                        .hint = "Write {\"RemoteField\": \"local_column\"}.",
                        .code = mapping_code::kNoColumns});
}

}  // namespace tandem::core
