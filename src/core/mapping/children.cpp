#include "core/mapping/children.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/codes.hpp"
#include "core/mapping/columns.hpp"
#include "core/mapping/stamp.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

using base::strcat;

namespace {

constexpr std::string_view kBrackets = "[]";
constexpr auto kChildKeys = std::to_array<std::string_view>({"field", "table", "columns", "parent", "key"});

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// "order_id", ["source", "order_id"], or {"order_id": "id"}: the column, and the target's that it is taken from.
std::vector<ChildTable::Parent> read_parents(ObjectReader& in) {
  std::vector<ChildTable::Parent> out;
  const base::Json* given = in.find("parent");
  if (given == nullptr) {
    in.missing("parent",
               "It is the column of the child table that holds the key of the row that the array belongs to.");
  } else if (given->is_object()) {
    for (const base::Json::Member* member : in.members("parent")) {
      if (member->second.is_string() && !member->second.string().empty())
        out.push_back({member->first, member->second.string()});
      else
        in.error("parent", strcat("column ", member->first, " needs the name of a column of the target"),
                 "Write \"parent\": {\"order_id\": \"id\"}.", finding_code::kWrongKind);
    }
  } else {
    for (std::string& column : in.texts("parent")) out.push_back({std::move(column), {}});
  }
  return out;
}

// What a column of a child table cannot do yet, or never will.
void check_column(const ColumnMapping& mapped, const ChildTable& child, const std::string& path, Findings& findings) {
  const auto refuse = [&](std::string message, std::string hint) {
    findings.push_back({.path = path_join(path_join(path, "columns"), mapped.field),
                        .message = std::move(message),
                        .hint = std::move(hint),
                        .code = mapping_code::kChildTable,
                        .field = mapped.field,
                        .column = mapped.column});
  };
  if (mapped.absent == Absent::keep && child.key.empty())
    refuse("\"absent\": \"keep\" has no meaning without \"key\": a row is found by all that it holds",
           "Give the key of the elements, or leave \"absent\" out.");
}

Finding problem(const ChildTable& child, std::string message, std::string hint, std::string column = {}) {
  return {.path = path_join("columns", array_name(child)),
          .message = std::move(message),
          .hint = std::move(hint),
          .code = mapping_code::kChildTable,
          .field = array_name(child),
          .column = std::move(column)};
}

std::vector<std::string> parent_columns(const ChildTable& child) {
  std::vector<std::string> out;
  for (const ChildTable::Parent& parent : child.parents) out.push_back(parent.column);
  return out;
}

const TargetForeignKey* key_to(const Target& target, const Target& table, const std::vector<std::string>& columns) {
  for (const TargetForeignKey& key : table.foreign_keys)
    if (key.referenced == target.name && std::ranges::is_permutation(key.columns, columns)) return &key;
  return nullptr;
}

// Without those that are stamped, which are of the same name on both sides.
std::vector<std::string> match_columns(const Mapping& mapping) {
  std::vector<std::string> out;
  const std::vector<std::string> stamped = stamped_key(mapping);
  for (const std::string& column : mapping.match_on)
    if (!contains(stamped, column)) out.push_back(column);
  return out;
}

bool identifies_a_row(const std::vector<ChildTable::Parent>& parents, const Target& target) {
  std::vector<std::string> columns;
  for (const ChildTable::Parent& parent : parents) columns.push_back(parent.of);
  return std::ranges::any_of(target.unique_keys, [&](const TargetKey& key) {
    return std::ranges::all_of(key.columns, [&](const std::string& column) { return contains(columns, column); });
  });
}

void check_key(const ChildTable& child, const Target& table, Findings& findings) {
  if (child.key.empty()) return;
  for (const std::string& field : child.key)
    if (std::ranges::find(child.columns, field, &ColumnMapping::field) == child.columns.end())
      findings.push_back(problem(child, strcat("key field \"", field, "\" goes into no column of ", table.name),
                                 strcat("Add \"", field, "\": \"column\" to its columns.")));
  const std::vector<std::string> columns = key_columns(child);
  for (const std::string& column : columns) {
    const auto mapped = std::ranges::find(child.columns, column, &ColumnMapping::column);
    if (mapped->has_sql())
      findings.push_back(problem(child, strcat("column ", column, " is computed by the database and cannot be a key"),
                                 "Use a field as it is.", column));
  }
  if (columns.size() != child.key.size() || child_key(child, table) != nullptr) return;
  std::vector<std::string> wanted = parent_columns(child);
  wanted.insert(wanted.end(), columns.begin(), columns.end());
  findings.push_back(problem(child, strcat(table.name, " has no unique index on (", sql_names(wanted), ")"),
                             strcat("CREATE UNIQUE INDEX ON ", table.name, " (", sql_names(wanted), ");"),
                             columns.front()));
}

void check_parents(const ChildTable& child, const Target& target, const Target& table, Findings& findings) {
  for (const ChildTable::Parent& parent : child.parents)
    if (find_column(target, parent.of) == nullptr)
      findings.push_back(problem(child, strcat("column \"", parent.of, "\" of ", target.name, " does not exist"),
                                 strcat("\"parent\" names columns of ", table.name, " and of ", target.name, "."),
                                 parent.of));
  for (const TargetForeignKey& key : table.foreign_keys)
    if (key.referenced != target.name && std::ranges::is_permutation(key.columns, parent_columns(child)))
      findings.push_back(problem(
          child,
          strcat("foreign key ", key.name, " of ", table.name, " refers to ", key.referenced, ", not to ", target.name),
          "Choose another child table, or other columns for \"parent\".", key.columns.front()));
  if (!identifies_a_row(child.parents, target))
    findings.push_back(problem(
        child, strcat("\"parent\" does not identify a row of ", target.name),
        strcat("Name columns that a unique index of ", target.name, " is on: \"parent\": {\"order_id\": \"id\"}.")));
}

}  // namespace

bool is_child_table(std::string_view field, const base::Json& entry) {
  return field.size() > kBrackets.size() && field.ends_with(kBrackets) && entry.is_object() &&
         entry.find("column") == nullptr;
}

std::string array_name(const ChildTable& child) { return strcat(child.field, kBrackets); }

std::optional<ChildTable> read_child_table(const std::string& field, const base::Json& entry, const std::string& path,
                                           Findings& findings) {
  const std::size_t before = findings.size();
  ObjectReader in(entry, path, kChildKeys, findings);
  ChildTable child{.field = field.substr(0, field.size() - kBrackets.size())};
  const auto nested = [&](const std::string& name) {
    findings.push_back({.path = path,
                        .message = strcat("\"", name, "\" is an array within an array, which has no table of its own"),
                        .hint = "Map it to a json column of the child table.",
                        .code = mapping_code::kChildTable,
                        .field = field});
  };
  if (child.field.find(kBrackets) != std::string::npos) nested(field);
  if (in.find("table") == nullptr) in.missing("table", "It is the table that the elements of the array go to.");
  child.table = in.text("table").value_or("");
  child.parents = read_parents(in);
  child.key = in.texts("key");
  const base::Json* columns = in.find("columns");
  if (columns == nullptr) {
    in.missing("columns", "Write {\"field of an element\": \"column\"}.");
  } else {
    ReadColumns read = read_columns(*columns, in.path_of("columns"), findings);
    for (const ChildTable& inner : read.children) nested(strcat(field, ".", array_name(inner)));
    child.columns = std::move(read.columns);
  }
  for (ColumnMapping& mapped : child.columns) {
    check_column(mapped, child, path, findings);
    mapped.required = mapped.required || contains(child.key, mapped.field);
  }
  std::erase_if(child.columns, [](const ColumnMapping& c) { return c.direction == ColumnDirection::push; });
  const auto is_error = [](const Finding& finding) { return finding.severity == Severity::error; };
  if (std::any_of(findings.begin() + static_cast<std::ptrdiff_t>(before), findings.end(), is_error))
    return std::nullopt;
  return child;
}

void check_children(const Mapping& mapping, Findings& findings) {
  std::vector<std::string> tables;
  for (const ChildTable& child : mapping.children) {
    if (mapping.write_mode == WriteMode::append)
      findings.push_back(problem(child,
                                 "has no meaning with write_mode append: rows that are appended are not found again",
                                 "Use write_mode upsert, or map the array to a json column."));
    if (contains(tables, child.table))
      findings.push_back(problem(child, strcat("table ", child.table, " takes the elements of another array already"),
                                 "Give each array a table of its own."));
    tables.push_back(child.table);
    for (const ColumnMapping& column : child.columns)
      if (column.reference && column.reference->mapping == mapping.name)
        findings.push_back(problem(
            child, "a column of a child table cannot refer to its own mapping: records might wait for each other",
            "Keep the remote id, and let a view find the row.", column.column));
  }
}

std::optional<Finding> tell_parents(ChildTable& child, const Mapping& mapping, const Target& target,
                                    const Target& table) {
  const bool given = std::ranges::none_of(child.parents, [](const ChildTable::Parent& p) { return p.of.empty(); });
  const std::vector<std::string> columns = parent_columns(child);
  const TargetForeignKey* key = key_to(target, table, columns);
  const std::vector<std::string> match = match_columns(mapping);
  for (std::size_t i = 0; i < child.parents.size() && !given; ++i) {
    ChildTable::Parent& parent = child.parents[i];
    if (key != nullptr) {
      const auto at = std::ranges::find(key->columns, parent.column) - key->columns.begin();
      parent.of = key->referenced_columns[static_cast<std::size_t>(at)];
    } else if (find_column(target, parent.column) != nullptr && contains(mapping.match_on, parent.column)) {
      parent.of = parent.column;
    } else if (match.size() == columns.size()) {
      parent.of = match[i];
    } else {
      return problem(
          child,
          strcat("which column of ", target.name, " goes into ", parent.column, " of ", table.name, " cannot be told"),
          strcat("Write \"parent\": {\"", parent.column, "\": \"column of ", target.name, "\"}."), parent.column);
    }
  }
  for (const std::string& stamped : stamped_key(mapping))
    if (find_column(table, stamped) != nullptr && !contains(columns, stamped))
      child.parents.push_back({stamped, stamped});
  return std::nullopt;
}

std::vector<std::string> key_columns(const ChildTable& child) {
  std::vector<std::string> out;
  for (const std::string& field : child.key) {
    const auto mapped = std::ranges::find(child.columns, field, &ColumnMapping::field);
    if (mapped != child.columns.end()) out.push_back(mapped->column);
  }
  return out;
}

Mapping mapping_of(const ChildTable& child, const Mapping& mapping, const Target& table) {
  Mapping out{.name = mapping.name, .object = mapping.object, .columns = child.columns};
  const std::vector<std::string> parents = parent_columns(child);
  for (const ColumnMapping& stamped : mapping.columns)
    if (stamped.stamp != Stamp::none && find_column(table, stamped.column) != nullptr &&
        find_mapped(out, stamped.column) == nullptr && !contains(parents, stamped.column))
      out.columns.push_back(stamped);
  return out;
}

Findings check_child(const ChildTable& child, const Mapping& mapping, const Target& target, const Target& table) {
  Findings found, out;
  Mapping whole = mapping_of(child, mapping, table);
  for (const ChildTable::Parent& parent : child.parents)
    whole.columns.push_back({.column = parent.column, .stamp = Stamp::parent});
  whole.match_on = key_columns(child);
  check_columns(whole, table, {}, found);
  check_types(whole, table, {}, found);
  check_transforms(whole, table, found);
  for (Finding& finding : found) out.push_back(within_child(child, std::move(finding)));
  check_parents(child, target, table, out);
  check_key(child, table, out);
  return out;
}

Finding within_child(const ChildTable& child, Finding finding) {
  finding.path = strcat(path_join("columns", array_name(child)), ".", finding.path);
  finding.field = finding.field.empty() ? array_name(child) : strcat(array_name(child), ".", finding.field);
  return finding;
}

const TargetKey* child_key(const ChildTable& child, const Target& table) {
  const std::vector<std::string> key = key_columns(child), parents = parent_columns(child);
  if (key.empty()) return nullptr;
  for (const TargetKey& unique : table.unique_keys) {
    const bool all_named = std::ranges::all_of(
        unique.columns, [&](const std::string& name) { return contains(key, name) || contains(parents, name); });
    const bool has_key =
        std::ranges::any_of(unique.columns, [&](const std::string& name) { return contains(key, name); });
    if (all_named && has_key) return &unique;
  }
  return nullptr;
}

}  // namespace tandem::core
