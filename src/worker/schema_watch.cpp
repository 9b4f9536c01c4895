#include "worker/schema_watch.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/catalog.hpp"
#include "pg/error.hpp"
#include "pg/log.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "store/schema_changes.hpp"
#include "worker/background.hpp"
#include "worker/page_apply.hpp"
#include "worker/run_end.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

bool is_dropped(const core::SchemaChange& change) { return change.kind == "dropped"; }

core::RunFailure column_gone(const store::RunSpec& spec, const core::SchemaChange& change) {
  return {core::error_type::kSchemaChange, core::code::kColumnGone,
          strcat("column ", change.column, " of ", spec.target_name, " is not there any more"),
          change.ddl.empty() ? "SELECT * FROM tandem.schema_changes;" : change.ddl, false};
}

// Why it could not be added; nothing else of the transaction is lost.
std::optional<std::string> add_column(pg::Sql& sql, const PullPlan& plan, const core::SchemaChange& change) {
  try {
    pg::Savepoint savepoint(sql);
    store::add_column(sql, plan.write.table.quoted, change.column, change.new_type);
    savepoint.release();
    return std::nullopt;
  } catch (const pg::Error& error) {
    if (error.is_cancel()) throw;
    pg::log(pg::Level::log, strcat("tandem: new column ", change.column, " of ", plan.spec.mapping,
                                   " was not added: ", error.message()));
    return std::string(error.message());
  }
}

}  // namespace

TableChanged table_gone(const store::RunSpec& spec) {
  const core::SchemaChange change = core::table_dropped(spec.mapping, spec.target_name);
  const base::Json target = base::Json::object({{"target", base::Json(spec.target_name)}});
  const std::string line = strcat("SELECT tandem.alter_mapping(", pg::quote_literal(spec.mapping), ", ",
                                  pg::quote_literal(target.dump()), ");");
  return {{core::error_type::kSchemaChange, core::code::kTableGone,
           strcat("table ", spec.target_name, " is not there any more"),
           strcat("Make it again and name it: ", line, " Or ", change.ddl), false},
          {change}};
}

void follow_table(pg::Sql& sql, store::RunSpec& spec, const pg::Table& table) {
  if (table.quoted != spec.target_name) {
    store::remember_name(sql, spec.mapping_id, table.quoted);
    spec.target_name = table.quoted;
  }
  const core::LocalColumns now = store::columns_now(table);
  core::SchemaChanges changes;
  if (!spec.columns_seen) {
    store::remember_columns(sql, spec.mapping_id);
  } else {
    changes = core::local_changes(spec.mapping, spec.definition, core::local_columns(*spec.columns_seen), now);
    const auto dropped = std::ranges::find_if(changes, is_dropped);
    if (dropped != changes.end()) throw TableChanged(column_gone(spec, *dropped), changes);
  }
  if (changes.empty() && spec.open_changes == 0) return;
  store::note_changes(sql, spec.tenant_id, spec.mapping_id, spec.definition, changes);
  std::map<std::string, std::string> names;
  for (const core::SchemaChange& change : changes)
    if (change.kind == "renamed") names[change.column] = change.new_type;
  if (!names.empty()) {
    spec.definition = core::with_renamed_columns(std::move(spec.definition), names);
    store::follow_renames(sql, spec.mapping_id, spec.definition_version, spec.definition);
  }
  if (!changes.empty()) store::remember_columns(sql, spec.mapping_id);
  store::settle_open_changes(sql, spec.mapping_id, "local", spec.definition, now, {});
}

void fail_changed_run(const store::RunSpec& spec, pg::Oid owner, const TableChanged& changed) {
  {
    pg::Transaction tx(strcat("note what changed under ", spec.mapping));
    pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() != Unit::usable) return;
    store::note_changes(tx, spec.tenant_id, spec.mapping_id, spec.definition, changed.changes());
    tx.commit();
  }
  fail_run(spec, owner, changed.failure());
}

std::optional<core::RecordShape> sample_shape(PullPlan& plan, const LoadedPage& loaded) {
  if (plan.sampled || plan.spec.retry || plan.spec.verify || loaded.page.records() == 0) return std::nullopt;
  plan.sampled = true;
  if (core::schema_policy(plan.spec.definition) == core::SchemaPolicy::discard) return std::nullopt;
  base::TextArena arena;
  const auto found = plan.reader.read_all(loaded.response.body, arena, core::kSampleRecords);
  if (!found || found.value().empty()) return std::nullopt;
  return core::RecordShape::of(found.value());
}

void note_shape(pg::Sql& sql, const PullPlan& plan, const core::RecordShape& sample) {
  const store::RunSpec& spec = plan.spec;
  const core::LocalColumns columns = store::columns_now(plan.write.table);
  if (spec.open_changes > 0)
    store::settle_open_changes(sql, spec.mapping_id, "remote", spec.definition, columns, sample);
  std::optional<core::RecordShape> known = spec.shape ? std::optional(core::RecordShape::from_json(*spec.shape))
                                                      : store::discovered_shape(sql, spec.connection_id, spec.object);
  if (!known) return store::save_shape(sql, spec.mapping_id, sample);
  const core::ShapeNews news =
      core::compare_shapes(*known, sample,
                           {.mapping = spec.mapping,
                            .table = plan.write.table.quoted,
                            .definition = spec.definition,
                            .columns = columns,
                            .quote = [](std::string_view name) { return pg::quote_identifier(name); }});
  if (spec.shape && news.shape == *known) return;
  store::save_shape(sql, spec.mapping_id, news.shape);
  store::note_changes(sql, spec.tenant_id, spec.mapping_id, spec.definition, news.changes);
}

void evolve_table(const PullPlan& plan, pg::Oid owner) {
  const store::RunSpec& spec = plan.spec;
  if (core::schema_policy(spec.definition) != core::SchemaPolicy::evolve) return;
  try {
    pg::Transaction tx(strcat("add new fields of ", spec.mapping));
    pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() != Unit::usable) return;
    core::LocalColumns columns = store::columns_now(plan.write.table);
    base::Json definition = spec.definition;
    std::vector<std::int64_t> applied;
    bool refused = false;
    for (const store::OpenChange& open : store::open_changes(tx, spec.mapping_id)) {
      const core::SchemaChange& change = open.what;
      if (change.kind != "added") continue;
      if (!columns.contains(change.column)) {
        if (const auto refusal = add_column(tx, plan, change)) {
          store::note_refusal(tx, open.change, *refusal);
          refused = true;
          continue;
        }
      }
      columns[change.column] = {};
      definition = core::with_column(std::move(definition), change.field, change.column);
      applied.push_back(open.change);
    }
    if (applied.empty()) {
      if (refused) tx.commit();
      return;
    }
    if (!store::extend_definition(tx, spec.mapping_id, spec.definition_version, definition)) return;
    store::settle_changes(tx, applied, {});
    tx.commit();
  } catch (const pg::Error& error) {  // the transaction is gone by now
    if (error.is_cancel() && error.sqlstate() != "57014") throw;
    pg::log(pg::Level::log, strcat("tandem: new fields of ", spec.mapping, " were not added: ", error.message()));
  }
}

}  // namespace tandem::worker
