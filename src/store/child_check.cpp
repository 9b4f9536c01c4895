#include "store/child_check.hpp"

#include <algorithm>
#include <optional>

#include "base/strings.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/children.hpp"
#include "core/mapping/codes.hpp"
#include "core/schema/check.hpp"
#include "pg/expression.hpp"
#include "store/child_plan.hpp"
#include "store/references.hpp"
#include "store/target.hpp"
#include "store/target_checks.hpp"
#include "store/transform_check.hpp"

namespace tandem::store {

using base::Json;
using base::strcat;

namespace {

class Checker {
 public:
  Checker(pg::Sql& sql, const MappingTable& parent, const core::Mapping& mapping, core::Findings& findings)
      : sql_(sql), parent_(parent), mapping_(mapping), findings_(findings) {}
  std::optional<ChildRow> check(core::ChildTable child, Json& entry);

 private:
  pg::Table usable_table(const core::ChildTable& child);
  void check_index(const core::ChildTable& child, const pg::Table& table);
  void check_catalogs(const core::ChildTable& child, const pg::Table& table, const core::Target& target);
  void report(const core::ChildTable& child, const base::Error& error);

  pg::Sql& sql_;
  const MappingTable& parent_;
  const core::Mapping& mapping_;
  core::Findings& findings_;
  std::vector<pg::Oid> seen_ = {};
};

void Checker::report(const core::ChildTable& child, const base::Error& error) {
  findings_.push_back({.path = core::path_join("columns", core::array_name(child)),
                       .message = error.text,
                       .hint = error.hint.empty() ? error.detail : error.hint,
                       .code = core::mapping_code::kChildTable,
                       .field = core::array_name(child)});
}

std::optional<ChildRow> Checker::check(core::ChildTable child, Json& entry) {
  const pg::Table table = [&] {
    try {
      return usable_table(child);
    } catch (const base::Failure& failure) {
      base::Error error = failure.error();
      error.text = strcat(core::path_join("columns", core::array_name(child)), ": ", error.text);
      throw UnusableChild(std::move(error), core::array_name(child));
    }
  }();
  const core::Target target = target_of(table);
  if (auto untold = core::tell_parents(child, mapping_, parent_.target, target)) {
    findings_.push_back(*std::move(untold));
    return std::nullopt;
  }
  const core::Findings found = core::check_child(child, mapping_, parent_.target, target);
  findings_.insert(findings_.end(), found.begin(), found.end());
  if (!core::has_errors(found)) check_catalogs(child, table, target);
  entry.set("table", Json(table.quoted));
  core::Findings about_sql;
  entry.set("columns", resolve_transforms(sql_, table, parent_.owner, *entry.find("columns"), about_sql));
  for (core::Finding& finding : about_sql) findings_.push_back(core::within_child(child, std::move(finding)));
  return ChildRow{.field = core::array_name(child), .target = table.oid, .target_name = table.quoted};
}

// Like the target: what cannot be used at all is an error of its own kind, not a finding.
pg::Table Checker::usable_table(const core::ChildTable& child) {
  std::optional<pg::Table> table = pg::describe_table(sql_, resolve_target(sql_, child.table));
  if (!table) throw base::Failure(base::Errc::undefined_object, strcat("table ", child.table, " does not exist"));
  if (table->oid == parent_.table.oid || std::ranges::find(seen_, table->oid) != seen_.end())
    throw base::Failure(base::Errc::invalid_parameter,
                        strcat("table ", table->quoted, " takes other rows of the mapping already"), {},
                        strcat("Give ", core::array_name(child), " a table of its own."));
  if (auto problem = target_problem(*table)) throw base::Failure(*std::move(problem));
  if (auto problem = privilege_problem(*table, parent_.owner, true)) throw base::Failure(*std::move(problem));
  seen_.push_back(table->oid);
  return *std::move(table);
}

void Checker::check_catalogs(const core::ChildTable& child, const pg::Table& table, const core::Target& target) {
  const std::vector<base::Error> problems = parent_problems(table, parent_.table, child);
  for (const base::Error& problem : problems) report(child, problem);
  core::Mapping whole = core::mapping_of(child, mapping_, target);
  for (const core::ChildTable::Parent& parent : child.parents)
    whole.columns.push_back({.column = parent.column, .stamp = core::Stamp::parent});
  for (const std::string& column : parent_columns(child)) whole.match_on.push_back(column);
  for (std::string& column : core::key_columns(child)) whole.match_on.push_back(std::move(column));
  core::Findings found;
  check_table(sql_, table, whole, parent_.owner, pg::role_name(parent_.owner), found);
  for (core::Finding& finding : found) {
    finding.field = core::array_name(child);
    findings_.push_back(std::move(finding));
  }
  for (core::Finding& finding :
       check_references(sql_, {mapping_.name, parent_.tenant_id, parent_.owner}, whole, target))
    findings_.push_back(core::within_child(child, std::move(finding)));
  if (problems.empty()) check_index(child, table);
}

void Checker::check_index(const core::ChildTable& child, const pg::Table& table) {
  const std::vector<std::string> columns = parent_columns(child);
  if (has_index_on(sql_, table.oid, columns)) return;
  findings_.push_back({.severity = core::Severity::warning,
                       .path = core::path_join("columns", core::array_name(child)),
                       .message = strcat("no index of ", table.quoted, " begins with ", columns.front(),
                                         ", so each page reads the whole table"),
                       .hint = strcat("CREATE INDEX ON ", table.quoted, " (", core::sql_names(columns), ");"),
                       .code = core::mapping_code::kChildIndex,
                       .field = core::array_name(child),
                       .column = columns.front()});
}

}  // namespace

std::vector<base::Error> parent_problems(const pg::Table& table, const pg::Table& parent,
                                         const core::ChildTable& child) {
  std::vector<base::Error> out;
  for (const core::ChildTable::Parent& one : child.parents) {
    const pg::TableColumn *to = table.column(one.column), *from = parent.column(one.of);
    if (to == nullptr || from == nullptr) continue;  // who looks at columns says so
    const pg::Oid type = pg::base_type(to->type);
    const pg::Oid of = pg::base_type(from->type);
    if (type != of && !pg::assignable(of, type))
      out.push_back({base::Errc::invalid_parameter,
                     strcat("column ", one.column, " of ", table.quoted, " is ", to->conversion.name,
                            " and cannot hold ", one.of, " of ", parent.quoted, ", which is ", from->conversion.name),
                     {},
                     strcat("ALTER TABLE ", table.quoted, " ALTER COLUMN ", pg::quote_identifier(one.column), " TYPE ",
                            from->conversion.name, ";")});
    else if (pg::equality_operator(to->type).empty())
      out.push_back({base::Errc::invalid_parameter,
                     strcat("column ", one.column, " of ", table.quoted, " is ", to->conversion.name,
                            ", whose values cannot be looked for"),
                     "Its type has no = for an index.",
                     {}});
  }
  return out;
}

std::vector<ChildRow> check_child_tables(pg::Sql& sql, const MappingTable& parent, const core::Mapping& mapping,
                                         Json& columns, core::Findings& findings) {
  std::vector<ChildRow> out;
  Checker checker(sql, parent, mapping, findings);
  std::size_t next = 0;
  const auto checked = [&](const std::string& field, Json entry) {
    if (!core::is_child_table(field, entry) || next == mapping.children.size()) return entry;
    if (auto row = checker.check(mapping.children[next++], entry)) out.push_back(*std::move(row));
    return entry;
  };
  Json changed = columns.is_array() ? Json::array() : Json::object();
  if (columns.is_array())
    for (const Json& item : columns.items()) changed.push(checked(item.string_at("field").value_or(""), item));
  else
    for (const auto& [field, entry] : columns.members()) changed.set(field, checked(field, entry));
  columns = std::move(changed);
  return out;
}

}  // namespace tandem::store
