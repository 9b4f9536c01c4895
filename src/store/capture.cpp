#include "store/events.hpp"
#include "store/capture.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "core/mapping/push.hpp"
#include "core/mapping/stamp.hpp"
#include "pg/catalog.hpp"
#include "pg/error.hpp"
#include "pg/transaction.hpp"
#include "store/capture_triggers.hpp"
#include "store/connections.hpp"
#include "store/fields.hpp"
#include "store/mappings.hpp"
#include "store/schema_changes.hpp"
#include "store/target.hpp"

namespace tandem::store {

namespace {

// A row of _capture, but for its owners.
struct Captured {
  std::string table_name = {};
  std::vector<std::int64_t> key_columns = {};
  std::int64_t row_key = 0;
  std::vector<std::int64_t> mappings = {};
  bool replicated = false;
  bool operator==(const Captured&) const = default;
};

std::vector<std::int64_t> pushing(pg::Sql& sql, pg::Oid table) {
  return sql
      .engine("SELECT mapping_id FROM tandem._mapping WHERE target = $1 AND captured ORDER BY mapping_id",
              {pg::Param::oid(table)})
      .integers(0);
}

core::Mapping parsed(pg::Sql& sql, std::int64_t mapping_id, const core::Target& target) {
  const MappingRow row = load_mapping(sql, mapping_id);
  const Connection connection = load_connection(sql, row.connection_id);
  return core::parse_mapping(row.name, row.definition, connection.api(), target,
                             load_fields(sql, row.connection_id, row.object))
      .mapping;
}

void add_columns(Captured& captured, const pg::Table& table, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const pg::TableColumn* column = table.column(name);
    if (column != nullptr && std::ranges::find(captured.key_columns, column->attnum) == captured.key_columns.end())
      captured.key_columns.push_back(column->attnum);
  }
}

// What the mappings that push it make of a table; nullopt: there are none.
std::optional<Captured> derive(pg::Sql& sql, const pg::Table& table) {
  Captured captured;
  captured.table_name = table.quoted;
  captured.mappings = pushing(sql, table.oid);
  if (captured.mappings.empty()) return std::nullopt;
  const core::Target target = target_of(table);
  std::vector<core::Mapping> mappings;
  for (const std::int64_t mapping_id : captured.mappings) mappings.push_back(parsed(sql, mapping_id, target));
  // They agree about it where there is a primary key.
  for (const core::Mapping& mapping : mappings)
    if (captured.key_columns.empty()) add_columns(captured, table, core::row_key(mapping, target));
  captured.row_key = static_cast<std::int64_t>(captured.key_columns.size());
  for (const core::Mapping& mapping : mappings) {
    add_columns(captured, table, mapping.match_on);
    add_columns(captured, table, core::stamped_key(mapping));
    captured.replicated = captured.replicated || mapping.push.capture_replicated;
  }
  return captured;
}

std::optional<Captured> stored(pg::Sql& sql, pg::Oid table) {
  const std::initializer_list<pg::Param> which = {pg::Param::oid(table)};
  const pg::Rows rows =
      sql.engine("SELECT table_name, row_key, replicated FROM tandem._capture WHERE \"table\" = $1", which);
  if (rows.empty()) return std::nullopt;
  return Captured{rows.text(0, 0),
                  sql.engine("SELECT unnest(key_columns) FROM tandem._capture WHERE \"table\" = $1", which).integers(0),
                  rows.integer(0, 1),
                  sql.engine("SELECT unnest(mappings) FROM tandem._capture WHERE \"table\" = $1", which).integers(0),
                  rows.boolean(0, 2)};
}

// Nobody captures any more: what nobody has fetched, nobody will.
void forget(pg::Sql& sql, pg::Oid table) {
  sql.engine("DELETE FROM tandem._capture WHERE \"table\" = $1", {pg::Param::oid(table)});
  sql.engine("DELETE FROM tandem._outbox WHERE \"table\" = $1", {pg::Param::oid(table)});
}

void store(pg::Sql& sql, pg::Oid table, const Captured& captured) {
  sql.engine(
      "INSERT INTO tandem._capture AS c (\"table\", table_name, key_columns, row_key, owners, mappings, replicated)"
      " VALUES ($1, $2, $3::int2[], $4, '{}', $5, $6) ON CONFLICT (\"table\") DO UPDATE SET"
      " table_name = excluded.table_name, key_columns = excluded.key_columns, row_key = excluded.row_key,"
      " mappings = excluded.mappings, replicated = excluded.replicated",
      {pg::Param::oid(table), captured.table_name, captured.key_columns, captured.row_key, captured.mappings,
       captured.replicated});
}

struct Change {
  std::optional<Captured> wanted, there;
  std::vector<std::string> commands;
  [[nodiscard]] bool none() const { return wanted == there && commands.empty(); }
};

Change change_of(pg::Sql& sql, const pg::Table& table) {
  Change change{derive(sql, table), stored(sql, table.oid), {}};
  change.commands = trigger_commands(sql, table, change.wanted.has_value(), change.wanted && change.wanted->replicated);
  return change;
}

void apply(pg::Sql& sql, pg::Oid oid) {
  const std::optional<pg::Table> table = pg::describe_table(sql, oid);
  if (!table) return forget(sql, oid);
  if (is_event_table(*table)) return;  // the engine writes the items itself
  if (change_of(sql, *table).none()) return;
  // Others may be making mappings of it as well: who holds the lock sees what they have committed.
  pg::lock_against_writers(oid);
  const Change change = change_of(sql, *table);
  if (!change.commands.empty()) run_trigger_commands(sql, change.commands);
  if (!change.wanted) return forget(sql, oid);
  store(sql, oid, *change.wanted);
}

// The triggers stay as somebody has left them. Workers that know the rows by the old key have to look again.
void follow_key(pg::Sql& sql, pg::Oid oid) {
  const std::optional<pg::Table> table = pg::describe_table(sql, oid);
  if (!table) return;
  const std::optional<Captured> there = stored(sql, oid), wanted = derive(sql, *table);
  // Without a key, for now or for good, what was captured by the old one is still worth something.
  if (!there || !wanted || wanted->row_key == 0 || wanted->key_columns == there->key_columns) return;
  store(sql, oid, *wanted);
  for (const std::int64_t mapping_id : wanted->mappings) reread_mapping(sql, mapping_id, Reread::changes);
}

// The rows are locked by a statement of its own, so that the next one sees what others have committed meanwhile.
void tell_pushers(pg::Sql& sql, std::optional<pg::Oid> table) {
  const pg::Param only = table ? pg::Param::oid(*table) : pg::Param::null_of(pg::Param::oid(pg::kInvalidOid));
  sql.engine("SELECT FROM tandem._capture WHERE $1 IS NULL OR \"table\" = $1 ORDER BY \"table\" FOR UPDATE", {only});
  sql.engine(
      "UPDATE tandem._capture c SET owners = n.owners FROM (SELECT k.\"table\", coalesce((SELECT array_agg(DISTINCT"
      " m.owner ORDER BY m.owner) FROM tandem._mapping m JOIN tandem._connection x ON x.connection_id = m.connection_id"
      " WHERE m.target = k.\"table\" AND m.captured AND m.enabled AND NOT "
      "m.paused"
      " AND x.enabled AND NOT x.paused"
      " AND NOT EXISTS (SELECT FROM tandem._instance i WHERE i.paused_reason IS NOT NULL)), '{}') AS owners"
      " FROM tandem._capture k WHERE $1 IS NULL OR k.\"table\" = $1) n"
      " WHERE n.\"table\" = c.\"table\" AND n.owners <> c.owners",
      {only});
}

// Our own commands fire the event triggers that look after captured tables.
class Busy {
 public:
  Busy() : first_(!busy_) { busy_ = true; }
  ~Busy() {
    if (first_) busy_ = false;
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  [[nodiscard]] bool first() const noexcept { return first_; }

 private:
  bool first_;
  static constinit inline bool busy_ = false;
};

}  // namespace

void refresh_capture(pg::Sql& sql, pg::Oid table) {
  const Busy busy;
  if (!busy.first()) return;
  apply(sql, table);
  tell_pushers(sql, table);
}

void refresh_all_captures(pg::Sql& sql) {
  const Busy busy;
  if (!busy.first()) return;
  const std::vector<std::int64_t> tables =
      sql.engine(
             "SELECT \"table\"::int8 FROM tandem._capture UNION SELECT target::int8 FROM tandem._mapping"
             " WHERE captured ORDER BY 1")
          .integers(0);
  for (const std::int64_t table : tables) {
    try {
      pg::Savepoint savepoint(sql);
      apply(sql, static_cast<pg::Oid>(table));
      savepoint.release();
    } catch (const pg::Error& error) {
      if (error.is_cancel()) throw;
    } catch (const base::Failure&) {
    }
  }
  tell_pushers(sql, std::nullopt);
}

void follow_altered_keys(pg::Sql& sql) {
  const Busy busy;
  if (!busy.first()) return;
  const std::vector<std::int64_t> tables =
      sql.engine(base::strcat("SELECT \"table\"::int8 FROM tandem._capture WHERE \"table\" IN (", kAlteredTables, ")"))
          .integers(0);
  for (const std::int64_t table : tables) follow_key(sql, static_cast<pg::Oid>(table));
}

void refresh_pushers(pg::Sql& sql) { tell_pushers(sql, std::nullopt); }

}  // namespace tandem::store
