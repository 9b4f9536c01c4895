#include "core/mapping/push.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/logic/logic.hpp"
#include "core/manifest/values.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/children.hpp"
#include "core/mapping/codes.hpp"
#include "core/mapping/deletes.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 3> kDirections{"pull", "push", "both"};                  // of Direction
constexpr std::array<std::string_view, 4> kWriteModes{"upsert", "insert", "update", "append"};  // of WriteMode
constexpr std::array<std::string_view, 5> kPolicies{"local_wins", "remote_wins", "latest_wins", "merge",
                                                    "manual"};  // of ConflictPolicy
constexpr std::array<std::string_view, 3> kDeletePolicies{"local_wins", "remote_wins", "manual"};
constexpr std::array<std::string_view, 2> kInitial{"all", "none"}, kUnmatched{"leave", "delete"};
constexpr std::int64_t kMostAtOnce = 100'000, kMostInFlight = 64;

// Beside a policy that is for a person there is no other for deletes; the time of a delete nobody knows.
ConflictPolicy delete_policy(ConflictPolicy conflicts) {
  return conflicts == ConflictPolicy::local_wins || conflicts == ConflictPolicy::remote_wins ? conflicts
                                                                                             : ConflictPolicy::manual;
}

void read_field_policies(ObjectReader& options, Mapping& mapping) {
  for (const base::Json::Member* member : options.members("conflict_fields")) {
    const auto& [field, policy] = *member;
    const auto column = std::ranges::find(mapping.push_columns, field, &ColumnMapping::field);
    const auto known = policy.is_string() ? std::ranges::find(kPolicies, policy.string()) : kPolicies.end();
    if (column == mapping.push_columns.end()) {
      std::vector<std::string_view> names;
      for (const ColumnMapping& mapped : mapping.push_columns) names.push_back(mapped.field);
      options.error("conflict_fields", base::strcat("field \"", field, "\" is not among those that go both ways"),
                    nearest_hint(field, names, "Fields"));
    } else if (known == kPolicies.end() || *known == "merge") {
      options.error("conflict_fields", base::strcat("there is no policy for field \"", field, "\" in ", policy.dump()),
                    "Allowed: local_wins, remote_wins, latest_wins, manual.");
    } else {
      mapping.push.conflict_fields.push_back(
          {field, column->column, static_cast<ConflictPolicy>(known - kPolicies.begin())});
    }
  }
}

void read_conflicts(ObjectReader& options, Mapping& mapping) {
  if (const auto policy = options.choice("conflict_delete", kDeletePolicies))
    mapping.push.conflict_delete = *policy == 2 ? ConflictPolicy::manual : static_cast<ConflictPolicy>(*policy);
  mapping.push.pull_first = options.boolean("pull_first").value_or(true);
  read_field_policies(options, mapping);
  for (const char* key : {"conflict_delete", "conflict_fields", "pull_first", "push_conditions"})
    if (mapping.direction == Direction::push && options.find(key) != nullptr)
      options.error(key, "has no meaning with direction push",
                    std::string_view(key) == "push_conditions" ? "Write \"conditions\" beside options."
                                                               : "Nothing is read, so nothing conflicts: leave it out.",
                    mapping_code::kOptionUnusable);
}

void refuse_with_source(ObjectReader& options, const char* key, const char* why) {
  options.error(key, base::strcat("has no meaning with source_query: ", why), base::strcat("Leave ", key, " out."),
                mapping_code::kOptionUnusable);
}

// Nothing comes back into the rows of a query, and nothing captures their changes.
void read_source(ObjectReader& options, Mapping& mapping) {
  PushTerms& push = mapping.push;
  push.source_query = options.text("source_query").value_or("");
  push.source_key = options.texts("source_key");
  if (!mapping.pushes()) return;  // where they are refused
  if (!mapping.compares()) {
    if (!push.source_key.empty())
      options.error("source_key", "has no meaning without source_query",
                    "Add \"source_query\": \"SELECT …\", or leave source_key out.", mapping_code::kOptionUnusable);
    if (!mapping.pulls() && options.find("delete_brake") != nullptr)
      options.error("delete_brake", "has no meaning with direction push: what was deleted here is deleted there",
                    "Leave it out, or send the rows of a source_query.", mapping_code::kOptionUnusable);
    return;
  }
  if (mapping.direction == Direction::both)
    return options.error("source_query", "has no meaning with direction both: nothing can be written into a query",
                         "Use direction push.", mapping_code::kOptionUnusable);
  if (push.source_key.empty())
    options.missing("source_key",
                    "Name the columns of source_query that tell its rows apart: \"source_key\": [\"id\"]");
  for (const char* key : {"settle", "capture_replicated"})
    if (options.find(key) != nullptr) refuse_with_source(options, key, "its rows are compared, not captured");
  if (!push.initial) refuse_with_source(options, "initial", "what was never sent is new");
  for (const ColumnMapping& column : mapping.columns)
    if (column.direction == ColumnDirection::pull || column.direction == ColumnDirection::both)
      options.error("source_query",
                    base::strcat("column ", column.column, " is to be written, and the rows of a query cannot be"),
                    "Leave \"direction\" of the column out.", mapping_code::kNotPushed);
  mapping.columns.clear();
}

void refuse_other_direction(ObjectReader& options, const Mapping& mapping) {
  if (mapping.direction == Direction::both) return;
  const std::string_view other = mapping.direction == Direction::pull ? "push" : "pull";
  for (const OptionRow& option : mapping_options())
    if (option.direction == other && options.find(option.name) != nullptr)
      options.error(option.name, base::strcat("has no meaning with direction ", direction_name(mapping.direction)),
                    std::string_view(option.name) == "soft_delete_columns"
                        ? "Write soft_delete_fields, which names remote fields."
                        : "Leave it out, or choose another direction.",
                    mapping_code::kOptionUnusable);
}

void refuse_column(const ColumnMapping& column, std::string message, std::string hint, Findings& findings) {
  findings.push_back(about(column, Severity::error, mapping_code::kNotPushed, std::move(message), std::move(hint)));
}

bool sendable(const ColumnMapping& column) { return !column.field.empty() && column.field != "*"; }

// Of a mapping that only pushes: what cannot be sent is a mistake.
void sort_pushed(ColumnMapping column, Mapping& mapping, Findings& findings) {
  const bool back = column.direction == ColumnDirection::pull || column.direction == ColumnDirection::both ||
                    std::ranges::find(mapping.key, column.field) != mapping.key.end();
  if (column.direction != ColumnDirection::pull) {
    if (column.field == "*")
      return refuse_column(column, "the whole record (\"*\") cannot be sent", "Name the fields one by one.", findings);
    if (!sendable(column))
      return refuse_column(column, base::strcat("column ", column.column, " has no remote field that it could go to"),
                           "Name the \"field\"; what is sent is computed in \"to_remote\".", findings);
    mapping.push_columns.push_back(column);
  }
  if (back) mapping.columns.push_back(std::move(column));
}

}  // namespace

std::string_view direction_name(Direction direction) { return kDirections[static_cast<std::size_t>(direction)]; }

void read_direction(ObjectReader& in, Mapping& mapping) {
  if (const auto direction = in.choice("direction", kDirections))
    mapping.direction = static_cast<Direction>(*direction);
  if (const auto mode = in.choice("write_mode", kWriteModes)) mapping.write_mode = static_cast<WriteMode>(*mode);
  if (mapping.direction == Direction::push && mapping.write_mode == WriteMode::append)
    in.error("write_mode", "append is for pulls: a push has to know which record is a row's",
             "Use upsert, insert or update.");
  if (mapping.direction == Direction::both && mapping.write_mode != WriteMode::upsert)
    in.error("write_mode", "must be upsert with direction both",
             "To write one way only, make a mapping of each direction.");
  const auto policy = in.choice("conflict_resolution", kPolicies);
  if (policy) mapping.push.conflicts = static_cast<ConflictPolicy>(*policy);
  mapping.push.conflict_delete = delete_policy(mapping.push.conflicts);
  if (policy && mapping.direction != Direction::both)
    in.error("conflict_resolution", base::strcat("has no meaning with direction ", direction_name(mapping.direction)),
             "Leave it out, or use direction both.", mapping_code::kOptionUnusable);
}

void sort_columns(std::vector<ColumnMapping> columns, Mapping& mapping, Findings& findings) {
  for (ColumnMapping& column : columns) {
    const bool pull_only = column.direction == ColumnDirection::pull,
               push_only = column.direction == ColumnDirection::push;
    switch (mapping.direction) {
      case Direction::pull:
        (push_only ? mapping.push_columns : mapping.columns).push_back(std::move(column));
        break;
      case Direction::push:
        sort_pushed(std::move(column), mapping, findings);
        break;
      case Direction::both:
        if (push_only && !sendable(column)) {
          sort_pushed(std::move(column), mapping, findings);  // which refuses it
          break;
        }
        if (!pull_only && sendable(column)) mapping.push_columns.push_back(column);
        if (!push_only) mapping.columns.push_back(std::move(column));
        break;
    }
  }
  if (mapping.direction != Direction::push) return;
  for (const ChildTable& child : mapping.children)
    findings.push_back({.path = path_join("columns", array_name(child)),
                        .message = base::strcat("the elements of ", array_name(child),
                                                " go to a table of their own, which pulls alone do"),
                        .hint = "Leave it out, or use direction both: then it is pulled.",
                        .code = mapping_code::kNotPushed,
                        .field = child.field});
}

void read_push_options(ObjectReader& options, Mapping& mapping, Findings& findings) {
  refuse_other_direction(options, mapping);
  PushTerms& push = mapping.push;
  push.initial = options.choice("initial", kInitial).value_or(0) == 0;
  push.remove_unmatched = options.choice("unmatched", kUnmatched).value_or(0) == 1;
  push.capture_replicated = options.boolean("capture_replicated").value_or(false);
  push.batch_size = options.integer("batch_size", 1, kMostAtOnce).value_or(0);
  push.max_in_flight = options.integer("max_in_flight", 1, kMostInFlight).value_or(0);
  if (const base::Json* settle = options.find("settle")) {
    const base::Result<std::int64_t> span = span_micros(*settle);
    if (span)
      push.settle = *span;
    else
      options.error("settle", span.error().text, span.error().hint);
  }
  if (const base::Json* rule = options.find("push_conditions"))
    read_push_conditions(*rule, options.path_of("push_conditions"), mapping, findings);
  push.soft_fields = read_soft_columns(options, "soft_delete_fields", findings);
  if (!push.soft_fields.empty() && mapping.delete_mode != DeleteMode::soft)
    options.warning("soft_delete_fields", "is not used with this delete_mode", "See delete_mode in create_mapping.",
                    mapping_code::kDeletesUnusable);
  read_conflicts(options, mapping);
  read_source(options, mapping);
  if (push.remove_unmatched && !push.conditions)
    options.error("unmatched", "has no meaning without conditions over the local row: every row matches",
                  "Leave unmatched out.", mapping_code::kOptionUnusable);
}

void read_push_conditions(const base::Json& rule, const std::string& path, Mapping& mapping, Findings& findings) {
  const bool empty = (rule.is_object() && rule.members().empty()) || (rule.is_array() && rule.items().empty());
  if (empty) return;  // all rows
  (void)Condition::compile(rule, path, findings);
  mapping.push.conditions = rule;
}

std::vector<std::string> row_key(const Mapping& mapping, const Target& target) {
  const auto primary = std::ranges::find(target.unique_keys, true, &TargetKey::primary);
  if (primary != target.unique_keys.end()) return primary->columns;
  if (target.kind == 'f') return mapping.match_on;
  const auto usable = [&](const TargetKey& key) {
    return std::ranges::is_permutation(key.columns, mapping.match_on) &&
           std::ranges::all_of(key.columns, [&](const std::string& name) {
             const TargetColumn* column = find_column(target, name);
             return column != nullptr && column->not_null;
           });
  };
  const auto found = std::ranges::find_if(target.unique_keys, usable);
  return found == target.unique_keys.end() ? std::vector<std::string>() : found->columns;
}

std::vector<std::string> push_fields(const Mapping& mapping) {
  std::vector<std::string> fields;
  for (const ColumnMapping& column : mapping.push_columns)
    if (std::ranges::find(fields, column.field) == fields.end()) fields.push_back(column.field);
  return fields;
}

}  // namespace tandem::core
