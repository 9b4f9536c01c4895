// ignore_schema_change, and what the event triggers call when somebody alters or drops a table.
#include "api/json_args.hpp"
#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/error.hpp"
#include "pg/transaction.hpp"
#include "store/capture.hpp"
#include "store/children.hpp"
#include "store/lookup.hpp"
#include "store/mappings.hpp"
#include "store/schema_changes.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;

void note(pg::Sql& sql, const store::Watched& mapping) {
  const std::optional<pg::Table> table = pg::describe_table(sql, mapping.target);
  core::SchemaChanges changes;
  if (!table)
    changes.push_back(core::table_dropped(mapping.mapping, mapping.target_name));
  else if (mapping.columns_seen)
    changes = core::local_changes(mapping.mapping, mapping.definition, core::local_columns(*mapping.columns_seen),
                                  store::columns_now(*table));
  if (table && table->quoted != mapping.target_name) store::remember_name(sql, mapping.mapping_id, table->quoted);
  store::note_changes(sql, mapping.tenant_id, mapping.mapping_id, mapping.definition, changes);
}

void note_child(pg::Sql& sql, store::WatchedChild& watched) {
  const core::SchemaChanges changes = store::child_changes(sql, watched);
  store::note_changes(sql, watched.tenant_id, watched.mapping_id, watched.definition, changes);
}

// A person's command comes first: whatever goes wrong here is undone and forgotten, the next run finds out by itself.
template <class Work>
void try_to(pg::Sql& sql, Work work) {
  try {
    pg::Savepoint savepoint(sql);
    work();
    savepoint.release();
  } catch (const pg::Error& error) {
    if (error.is_cancel()) throw;
  } catch (const Failure&) {
  }
}

void notice(std::vector<store::Watched> (*look)(pg::Sql&),
            std::vector<store::WatchedChild> (*look_at_children)(pg::Sql&), bool altered) {
  pg::CallerSpi sql;
  try_to(sql, [&] {
    for (const store::Watched& mapping : look(sql)) note(sql, mapping);
    for (store::WatchedChild& child : look_at_children(sql)) note_child(sql, child);
  });
  if (altered) try_to(sql, [&] { store::follow_altered_keys(sql); });
}

bool ignore_schema_change(const pg::FunctionCall& call) {
  const auto change = call.integer(0);
  if (!change) throw Failure(Errc::invalid_parameter, "argument change must not be null");
  Caller caller(call, 1);
  const auto owner = store::owner_of_change(caller.sql, *change);
  if (!owner || owner->tenant_id != caller.tenant.tenant_id) {
    throw Failure(Errc::undefined_object, base::strcat("schema change ", *change, " does not exist"), {},
                  "SELECT * FROM tandem.schema_changes;");
  }
  const store::MappingRow mapping = store::load_mapping(caller.sql, owner->mapping_id);
  store::require_owner("mapping", mapping.name, mapping.owner, mapping.owner_name);
  return store::ignore_change(caller.sql, *change);
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_ignore_schema_change) { return call.ret_boolean(tandem::api::ignore_schema_change(call)); }

TANDEM_FUNCTION(tandem__notice_ddl) {
  tandem::api::notice(&tandem::store::mappings_altered, &tandem::store::children_altered, true);
  return call.ret_void();
}

TANDEM_FUNCTION(tandem__notice_drop) {
  tandem::api::notice(&tandem::store::mappings_dropped, &tandem::store::children_dropped, false);
  return call.ret_void();
}
