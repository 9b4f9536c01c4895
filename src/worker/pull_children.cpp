#include "worker/pull_children.hpp"

#include <algorithm>
#include <map>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/mapping/children.hpp"
#include "core/mapping/stamp.hpp"
#include "core/schema/change.hpp"
#include "pg/catalog.hpp"
#include "store/child_check.hpp"
#include "store/children.hpp"
#include "store/letters.hpp"
#include "store/schema_changes.hpp"
#include "store/target.hpp"
#include "worker/pull_plan.hpp"
#include "worker/schema_watch.hpp"

namespace tandem::worker {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

// The line that takes a table of this name for the array.
std::string name_table_sql(const store::WatchedChild& watched) {
  base::Json table = base::Json::object({{"table", base::Json(watched.child.target_name)}});
  base::Json columns = base::Json::object();
  columns.set(watched.child.field, std::move(table));
  return strcat("SELECT tandem.alter_mapping(", pg::quote_literal(watched.mapping), ", ",
                pg::quote_literal(base::Json::object({{"columns", std::move(columns)}}).dump()), ");");
}

TableChanged child_gone(const store::WatchedChild& watched, core::SchemaChanges changes) {
  const bool table = !changes.empty() && changes.front().field == watched.child.field &&
                     !changes.front().old_type.empty() && changes.front().column.empty();
  const auto dropped =
      std::ranges::find_if(changes, [](const core::SchemaChange& change) { return change.kind == "dropped"; });
  std::string hint = dropped->ddl.empty() ? "SELECT * FROM tandem.schema_changes;" : dropped->ddl;
  if (table) hint = strcat("Make it again and name it: ", name_table_sql(watched), " Or without it: ", hint);
  core::RunFailure failure{
      core::error_type::kSchemaChange, table ? core::code::kTableGone : core::code::kColumnGone,
      table ? strcat("table ", watched.child.target_name, ", of ", watched.child.field, ", is not there any more")
            : strcat("column ", dropped->column, " is not there any more"),
      std::move(hint), false};
  return {std::move(failure), std::move(changes)};
}

void follow_child(pg::Sql& sql, store::RunSpec& spec, const store::ChildRow& row) {
  store::WatchedChild watched{.mapping_id = spec.mapping_id,
                              .tenant_id = spec.tenant_id,
                              .mapping = spec.mapping,
                              .definition = spec.definition,
                              .child = row};
  if (!row.columns_seen) store::remember_child_columns(sql, spec.mapping_id, row.field);
  const core::SchemaChanges changes = store::child_changes(sql, watched);
  spec.definition = watched.definition;
  if (changes.empty()) return;
  if (std::ranges::any_of(changes, [](const core::SchemaChange& change) { return change.kind == "dropped"; }))
    throw child_gone(watched, changes);
  store::note_changes(sql, spec.tenant_id, spec.mapping_id, spec.definition, changes);
  std::map<std::string, std::string> names;
  for (const core::SchemaChange& change : changes)
    if (change.kind == "renamed") names[change.column.substr(change.column.rfind('.') + 1)] = change.new_type;
  if (!names.empty()) {
    spec.definition = core::with_renamed_child_columns(std::move(spec.definition), row.field, names);
    store::follow_renames(sql, spec.mapping_id, spec.definition_version, spec.definition);
  }
  store::remember_child_columns(sql, spec.mapping_id, row.field);
}

pg::Table child_table(pg::Sql& sql, const store::RunSpec& spec, const std::vector<store::ChildRow>& rows,
                      const core::ChildTable& child, pg::Oid owner) {
  const auto row = std::ranges::find(rows, core::array_name(child), &store::ChildRow::field);
  if (row == rows.end())
    throw Failure(Errc::internal, strcat("mapping ", spec.mapping, " has no table for ", core::array_name(child)));
  std::optional<pg::Table> table = pg::describe_table(sql, row->target);
  if (!table) throw Failure(Errc::undefined_object, strcat("table ", row->target_name, " is not there any more"));
  if (auto problem = store::target_problem(*table)) throw Failure(*std::move(problem));
  if (auto problem = store::privilege_problem(*table, owner, true)) throw Failure(*std::move(problem));
  if (!pg::try_lock_table(table->oid)) throw TableBusy(table->quoted);
  return *std::move(table);
}

// What create_mapping checked may have changed since.
void require_fit(const store::RunSpec& spec, core::ChildTable& child, const core::Mapping& mapping,
                 const core::Target& target, const core::Target& table) {
  const auto refuse = [&](const core::Finding& finding) {
    throw Failure(Errc::invalid_parameter, strcat("mapping ", spec.mapping, ": ", finding.message), {}, finding.hint);
  };
  if (const auto untold = core::tell_parents(child, mapping, target, table)) refuse(*untold);
  for (const core::Finding& finding : core::check_child(child, mapping, target, table))
    if (finding.severity == core::Severity::error) refuse(finding);
}

bool cascades_from(const pg::Table& table, const pg::Table& parent, const core::ChildTable& child) {
  return std::ranges::any_of(table.foreign_keys, [&](const pg::ForeignKey& key) {
    return key.cascades && key.referenced == parent.quoted &&
           std::ranges::is_permutation(key.columns, store::parent_columns(child));
  });
}

}  // namespace

void extract_arrays(const core::Mapping& mapping, core::RowBuilder& rows) {
  for (const core::ChildTable& child : mapping.children) {
    const std::size_t array = rows.extract(base::FieldPath::parse(child.field));
    if (mapping.hash_fields.empty()) rows.hash_too(array);
  }
}

void follow_children(pg::Sql& sql, store::RunSpec& spec) {
  if (!core::child_arrays(spec.definition).empty())
    for (const store::ChildRow& row : store::children_of(sql, spec.mapping_id)) follow_child(sql, spec, row);
  if (spec.open_changes > 0) store::settle_child_changes(sql, spec.mapping_id);
}

std::vector<PullChild> make_pull_children(pg::Sql& sql, const store::RunSpec& spec, const core::Mapping& mapping,
                                          const core::Target& target, const store::WritePlan& parent,
                                          core::RowBuilder& rows, pg::Oid owner) {
  std::vector<PullChild> out;
  if (mapping.children.empty()) return out;
  const std::vector<store::ChildRow> known = store::children_of(sql, spec.mapping_id);
  for (core::ChildTable child : mapping.children) {
    const pg::Table table = child_table(sql, spec, known, child, owner);
    const core::Target local = store::target_of(table);
    require_fit(spec, child, mapping, target, local);
    for (const base::Error& problem : store::parent_problems(table, parent.table, child)) throw Failure(problem);
    core::Mapping whole = core::mapping_of(child, mapping, local);
    core::fill_stamps(whole, local, store::stamp_values(sql, spec));
    store::ChildPlan write = store::make_child_plan(sql, table, parent, child, whole);
    store::ComputePlan compute = store::make_compute_plan(sql, table, whole, owner);
    std::vector<store::ReferencePlan> references = store::make_reference_plans(sql, spec, whole, local, owner);
    core::ChildRows elements(child, whole, local, rows.extract(base::FieldPath::parse(child.field)),
                             &store::kDatabaseLetters);
    const bool cascades = cascades_from(table, parent.table, child);
    out.push_back(
        {std::move(child), std::move(elements), std::move(write), std::move(compute), std::move(references), cascades});
  }
  return out;
}

std::vector<store::DeletedWith> moved_with(const std::vector<PullChild>& children) {
  std::vector<store::DeletedWith> out;
  for (const PullChild& child : children) out.push_back({&child.write.table, &child.table, child.write.by_index});
  return out;
}

std::vector<store::DeletedWith> deleted_with(const std::vector<PullChild>& children) {
  std::vector<store::DeletedWith> out;
  for (const PullChild& child : children)
    if (!child.cascades) out.push_back({&child.write.table, &child.table, child.write.by_index});
  return out;
}

}  // namespace tandem::worker
