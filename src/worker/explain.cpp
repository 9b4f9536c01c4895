#include "worker/explain.hpp"

#include <algorithm>

#include "base/secret.hpp"
#include "base/strings.hpp"
#include "core/manifest/read.hpp"
#include "core/mapping/types.hpp"
#include "core/schema/change.hpp"
#include "pg/error.hpp"
#include "pg/session.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "store/child_explain.hpp"
#include "store/computed_values.hpp"
#include "store/explain.hpp"
#include "store/trial.hpp"
#include "worker/explain_request.hpp"
#include "worker/page_children.hpp"
#include "worker/page_references.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr std::size_t kUsualPage = 100;     // planned for, where the page size is the other side's to say
constexpr std::size_t kUsualElements = 10;  // of an array

std::string milliseconds(base::Micros micros) {
  const std::string rest = std::to_string(1000 + micros % 1000);
  return strcat(micros / 1000, ".", std::string_view(rest).substr(1), " ms");
}

// What the definition says of a column besides where it goes.
std::string column_options(const base::Json& definition, const core::ColumnMapping& column) {
  const base::Json* columns = definition.find("columns");
  const base::Json* spec = nullptr;
  if (columns != nullptr && columns->is_object()) spec = columns->find(column.field);
  if (columns != nullptr && columns->is_array())
    for (const base::Json& item : columns->items())
      if (item.string_at("column") == column.column) spec = &item;
  if (spec == nullptr || !spec->is_object()) return {};
  base::Json rest = base::Json::object();
  for (const auto& [key, value] : spec->members())
    if (key != "field" && key != "column") rest.set(key, value);
  return rest.members().empty() ? std::string() : strcat(" ", rest.dump());
}

std::string source_of(const core::ColumnMapping& column) {
  if (!column.field.empty()) return column.field;
  if (column.stamp != core::Stamp::none) return "(stamped)";
  return column.constant ? strcat("(constant ", column.constant->dump(), ")") : "(computed)";
}

void add_columns(const PullPlan& plan, Lines& out) {
  out.push_back("Columns");
  for (const core::ColumnMapping& column : plan.mapping.columns) {
    const pg::TableColumn* local = plan.write.table.column(column.column);
    out.push_back(strcat("  ", source_of(column), " -> ", pg::quote_identifier(column.column),
                         local == nullptr ? std::string() : strcat(" ", local->conversion.name),
                         column_options(plan.spec.definition, column)));
  }
  if (plan.mapping.conditions) out.push_back(strcat("  only records for which ", plan.mapping.conditions->dump()));
  for (const core::Mapping::Filter& filter : plan.mapping.filters)
    out.push_back(strcat("  only records whose ", filter.field, " is ", filter.wanted.dump()));
}

void add_statements(const std::vector<store::ExplainedStatement>& statements, Lines& out) {
  for (const store::ExplainedStatement& statement : statements) {
    out.push_back(strcat("  ", statement.what));
    out.push_back(strcat("    ", statement.sql));
    for (const std::string& line : statement.plan) out.push_back(strcat("      ", line));
  }
}

void add_key(const PullPlan& plan, Lines& out) {
  if (!plan.write.keyed) {
    out.push_back("  rows are appended, whatever is there");
    return;
  }
  std::vector<std::string> columns;
  for (const std::size_t column : plan.write.key_columns)
    columns.push_back(pg::quote_identifier(plan.write.columns[column]));
  out.push_back(strcat("  a row is found by ", base::join(columns, ", ")));
}

void add_children(pg::Sql& sql, const PullPlan& plan, std::size_t records, Lines& out) {
  for (const PullChild& child : plan.children) {
    const store::ChildPlan& write = child.write;
    out.push_back(strcat("Child table ", write.table.quoted, ", of ", write.name));
    for (const core::ChildTable::Parent& parent : child.table.parents)
      out.push_back(
          strcat("  ", pg::quote_identifier(parent.of), " of its row -> ", pg::quote_identifier(parent.column)));
    const base::Json* entry = core::child_entry(plan.spec.definition, write.name);
    for (const core::ColumnMapping& column : child.table.columns) {
      const pg::TableColumn* local = write.table.column(column.column);
      out.push_back(strcat("  ", source_of(column), " -> ", pg::quote_identifier(column.column),
                           local == nullptr ? std::string() : strcat(" ", local->conversion.name),
                           entry == nullptr ? std::string() : column_options(*entry, column)));
    }
    out.push_back(strcat("  rows of one record are told apart by ",
                         child.table.key.empty() ? "what they hold" : base::join(child.table.key, ", ")));
    out.push_back(strcat("  statements, planned for ", records, " arrays of ", kUsualElements,
                         " elements; the first load inserts"));
    add_statements(store::explain_child(sql, write, records, records * kUsualElements), out);
    out.push_back(strcat("  ROW EXCLUSIVE on ", write.table.quoted, ", per page"));
    for (const pg::ForeignKey& key : write.table.foreign_keys)
      out.push_back(strcat("  KEY SHARE on rows of ", key.referenced, ", for ", key.name));
    for (const std::string& trigger : store::touched_by_writes(sql, write.table).triggers)
      out.push_back(strcat("  trigger ", trigger));
  }
}

void add_locks(pg::Sql& sql, const PullPlan& plan, Lines& out) {
  const pg::Table& table = plan.write.table;
  const store::Touched touched = store::touched_by_writes(sql, table);
  out.push_back("Locks and triggers");
  out.push_back(strcat("  ROW EXCLUSIVE on ", table.quoted,
                       touched.partitions.empty()
                           ? std::string()
                           : strcat(" and its ", touched.partitions.size(),
                                    touched.partitions.size() == 1 ? " partition" : " partitions"),
                       ", per page; a run does not wait for it but tries the page again"));
  out.push_back(strcat("  row locks on what is changed; others' are waited for ", kLockTimeoutMs, " ms"));
  for (const pg::ForeignKey& key : table.foreign_keys)
    out.push_back(strcat("  KEY SHARE on rows of ", key.referenced, ", for ", key.name));
  for (const std::string& trigger : touched.triggers) out.push_back(strcat("  trigger ", trigger));
  if (table.row_security) out.push_back("  row level security of the table applies");
}

void add_contracts(const PullPlan& plan, Lines& out) {
  out.push_back("Contracts");
  if (plan.contracts)
    out.push_back("  one per record, with a hash: a record that has not changed costs neither conversion nor write");
  else
    out.push_back(plan.write.keyed ? "  none: what changed is asked for, and the table says what a record became"
                                   : "  none: rows that are appended are not found again");
}

void add_end(const PullPlan& plan, Lines& out) {
  out.push_back("At the end");
  if (plan.mapping.delete_mode == core::DeleteMode::ignore)
    out.push_back("  rows whose record is gone stay (delete_mode ignore)");
  else
    out.push_back(strcat("  after a complete listing, rows whose record is gone are ",
                         plan.mapping.delete_mode == core::DeleteMode::soft ? "marked" : "deleted", " (delete_mode ",
                         plan.mapping.delete_mode == core::DeleteMode::soft ? "soft" : "hard", ")"));
  if (plan.listing.has_feed())
    out.push_back(
        "  rows whose deletion the feed tells go before that, unless the listing of the run has shown their record");
  if (plan.listing.incremental()) out.push_back("  the cursor moves on when the listing was read to its end");
  for (const core::FollowUp& next : plan.mapping.follow_ups)
    out.push_back(next.function.empty() ? strcat("  mapping ", next.mapping, " is started")
                                        : strcat("  function ", next.function, " is called"));
}

// What is measured of a page, and what a run would make of its records.
struct Converted {
  core::RowBuilder::Converted rows;
  std::size_t left_out = 0, faults = 0;
  base::Micros micros = 0;
};

Converted convert(PullPlan& plan, LoadedPage& loaded) {
  const base::Micros begin = base::monotonic();
  Converted out;
  core::RowBuilder::Identified identified = plan.rows.identify(loaded.page, loaded.arena);
  out.faults = identified.faults.size();
  if (plan.filter) {
    core::RecordFilter::Split split = plan.filter->split(loaded.page, identified.rows);
    out.left_out = split.passed_over.size();
    out.faults += split.faults.size();
    identified.rows = std::move(split.rows);
  }
  plan.rows.set_now(base::now());
  out.rows = plan.rows.convert(loaded.page, identified.rows, loaded.arena);
  out.faults += out.rows.faults.size();
  out.micros = base::monotonic() - begin;
  return out;
}

void add_run_of_children(pg::Sql& sql, const PullPlan& plan, const core::RowBuilder::Converted& rows,
                         const store::ChildBatch& batch, Lines& out) {
  const store::ExplainedTables tables = store::run_children_explained(sql, plan.write, rows.cells, batch);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const store::ChildPlan& child = plan.children[i].write;
    out.push_back(strcat("  Child table ", child.table.quoted, ", of ", child.name, ": ",
                         batch.tables[i].cells->first.back(), " elements"));
    if (tables[i].empty()) out.push_back("    no record that went in has the array");
    add_statements(tables[i], out);
  }
}

void add_run(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded, const Converted& page, Lines& out) {
  const pg::RoleStays role_stays;
  try {
    const pg::Savepoint undone(sql);
    store::begin_trial(sql, pg::settings().foreground_timeout_ms);
    core::RowBuilder::Converted rows = page.rows;
    store::ComputedValues computed(sql, plan.compute);
    computed.fill_in(rows);
    PageChildren children(sql, plan);
    children.convert(loaded, rows);
    PageReferences references(sql, plan, loaded.arena);
    references.resolve(rows);
    const std::size_t left = rows.faults.size() - page.rows.faults.size() + references.waiting().size();
    if (left > 0) out.push_back(strcat("  ", left, " records have a bad element, or wait for another record"));
    if (rows.rows.empty()) return;
    add_statements(store::run_explained(sql, plan.write, plan.write_state.first_load, rows.cells, rows.rows.size()),
                   out);
    if (const auto batch = children.batch(rows.rows)) add_run_of_children(sql, plan, rows, *batch, out);
  } catch (const pg::Error& error) {
    if (error.is_cancel()) throw;
    out.push_back(strcat("  the page as a whole fails: ", error.message()));
    out.push_back("  a run finds the records that are to blame; preview_mapping shows which");
  }
}

}  // namespace

Lines explain_plan(pg::Sql& sql, const PullPlan& plan, const std::string& owner) {
  Lines out;
  const pg::Savepoint locks_released(sql);
  out.push_back(strcat("Mapping ", plan.spec.mapping, ": ", plan.object.name, " of connection ", plan.spec.connection,
                       " into ", plan.write.table.quoted, ", as role ", pg::quote_identifier(owner)));
  add_requests(plan, out);
  add_columns(plan, out);
  const auto rows = plan.object.paging.size > 0 ? static_cast<std::size_t>(plan.object.paging.size) : kUsualPage;
  out.push_back(strcat("Statements, planned for ", rows, " rows"));
  add_key(plan, out);
  add_statements(store::explain_statements(sql, plan.write, plan.write_state.first_load, rows), out);
  add_children(sql, plan, rows, out);
  add_locks(sql, plan, out);
  add_contracts(plan, out);
  add_end(plan, out);
  return out;
}

Lines explain_execution(pg::Sql& sql, PullPlan& plan, const FetchedPages& fetched) {
  Lines out;
  out.push_back("Executed and undone");
  if (fetched.pages.empty()) {
    out.push_back("  no page has come");
    return out;
  }
  LoadedPage& page = *fetched.pages.back();
  const Converted converted = convert(plan, page);
  out.push_back(strcat("  fetch ", milliseconds(fetched.fetch_micros), ": ", fetched.pages.size(),
                       fetched.pages.size() == 1 ? " page" : " pages", ", HTTP status ", page.response.status, ", ",
                       page.response.wire_bytes, " bytes in the last"));
  out.push_back(strcat("  read ", milliseconds(fetched.read_micros), ": ", page.page.records(), " records"));
  out.push_back(strcat("  convert ", milliseconds(converted.micros), ": ", converted.rows.rows.size(), " rows, ",
                       converted.left_out, " left out by conditions, ", converted.faults, " with errors"));
  if (plan.gate) out.push_back("  a run passes over those that are as it saw them last; here all are written");
  if (!converted.rows.rows.empty()) add_run(sql, plan, page, converted, out);
  return out;
}

}  // namespace tandem::worker
