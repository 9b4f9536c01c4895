#include "store/capture_triggers.hpp"

#include <algorithm>
#include <cstdint>

#include "base/strings.hpp"

namespace tandem::store {

namespace {

using base::strcat;

// pg_trigger.tgtype
enum Type : std::int64_t { kRow = 1, kInsert = 4, kDelete = 8, kUpdate = 16, kTruncate = 32 };
constexpr std::int64_t kTruncateOnForeignTables = 160000;  // server version

struct Wanted {
  std::string name;
  std::int64_t type;
  const char* when;  // events, and what they refer to
  bool transition;
};

struct Existing {
  std::string name;
  std::int64_t type;
  bool transition, always, follows_extension;
};

// Whether statements on other tables reach its rows, whose statement triggers then do not know.
bool written_through_others(pg::Sql& sql, pg::Oid table) {
  return sql.engine("SELECT EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = $1)", {pg::Param::oid(table)})
      .boolean(0, 0);
}

std::vector<Wanted> wanted_triggers(pg::Sql& sql, const pg::Table& table, bool replicated) {
  std::vector<Wanted> wanted;
  const bool foreign = table.kind == 'f';
  // Logical replication fires row triggers only.
  if (foreign || table.kind == 'p' || replicated || written_through_others(sql, table.oid)) {
    // Partitions get it from their root: no two tables may call theirs the same.
    wanted.push_back({strcat("tandem_capture_rows_", table.oid), kRow | kInsert | kDelete | kUpdate,
                      "AFTER INSERT OR UPDATE OR DELETE", false});
  } else {
    wanted.push_back({"tandem_capture_insert", kInsert, "AFTER INSERT", true});
    wanted.push_back({"tandem_capture_update", kUpdate, "AFTER UPDATE", true});
    wanted.push_back({"tandem_capture_delete", kDelete, "AFTER DELETE", true});
  }
  const auto version = sql.engine("SELECT current_setting('server_version_num')::int").integer(0, 0);
  if (!foreign || version >= kTruncateOnForeignTables)
    wanted.push_back({"tandem_capture_truncate", kTruncate, "AFTER TRUNCATE", false});
  return wanted;
}

// Those that it has itself: what partitions have from their root comes and goes with the root's.
std::vector<Existing> existing_triggers(pg::Sql& sql, pg::Oid table) {
  const pg::Rows rows = sql.engine(
      "SELECT t.tgname::text, t.tgtype, t.tgnewtable IS NOT NULL OR t.tgoldtable IS NOT NULL, t.tgenabled = 'A',"
      " EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_trigger'::regclass"
      " AND d.objid = t.oid AND d.deptype = 'x' AND d.refclassid = 'pg_catalog.pg_extension'::regclass"
      " AND d.refobjid = (SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_tandem'))"
      " FROM pg_catalog.pg_trigger t WHERE t.tgrelid = $1 AND t.tgparentid = 0 AND NOT t.tgisinternal"
      " AND t.tgfoid = 'tandem._capture_changes'::regproc ORDER BY t.tgname",
      {pg::Param::oid(table)});
  std::vector<Existing> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back({rows.text(i, 0), rows.integer(i, 1), rows.boolean(i, 2), rows.boolean(i, 3), rows.boolean(i, 4)});
  return out;
}

std::string create(const Wanted& trigger, const std::string& table) {
  const std::string tables = !trigger.transition       ? ""
                             : trigger.type == kInsert ? " REFERENCING NEW TABLE AS tandem_new"
                             : trigger.type == kDelete ? " REFERENCING OLD TABLE AS tandem_old"
                                                       : " REFERENCING OLD TABLE AS tandem_old NEW TABLE AS tandem_new";
  return strcat("CREATE TRIGGER ", trigger.name, " ", trigger.when, " ON ", table, tables, " FOR EACH ",
                (trigger.type & kRow) != 0 ? "ROW" : "STATEMENT", " EXECUTE FUNCTION tandem._capture_changes()");
}

std::string always(const std::string& name, const std::string& table) {
  return strcat("ALTER TABLE ", table, " ENABLE ALWAYS TRIGGER ", pg::quote_identifier(name));
}

// Else DROP EXTENSION would be refused.
std::string follow_extension(const std::string& name, const std::string& table) {
  return strcat("ALTER TRIGGER ", pg::quote_identifier(name), " ON ", table, " DEPENDS ON EXTENSION pg_tandem");
}

}  // namespace

std::vector<std::string> trigger_commands(pg::Sql& sql, const pg::Table& table, bool wanted, bool replicated) {
  std::vector<std::string> commands;
  std::vector<Wanted> missing = wanted ? wanted_triggers(sql, table, replicated) : std::vector<Wanted>();
  for (const Existing& trigger : existing_triggers(sql, table.oid)) {
    // By what it does: after a restore the names are those of the other database.
    const auto match = std::ranges::find_if(missing, [&](const Wanted& other) {
      return other.type == trigger.type && other.transition == trigger.transition;
    });
    if (match == missing.end()) {
      commands.push_back(strcat("DROP TRIGGER ", pg::quote_identifier(trigger.name), " ON ", table.quoted));
      continue;
    }
    missing.erase(match);
    if (!trigger.always) commands.push_back(always(trigger.name, table.quoted));
    if (!trigger.follows_extension) commands.push_back(follow_extension(trigger.name, table.quoted));
  }
  for (const Wanted& trigger : missing) {
    commands.push_back(create(trigger, table.quoted));
    commands.push_back(always(trigger.name, table.quoted));
    commands.push_back(follow_extension(trigger.name, table.quoted));
  }
  return commands;
}

void run_trigger_commands(pg::Sql& sql, const std::vector<std::string>& commands) {
  const std::string role = pg::quote_identifier(pg::role_name(pg::current_user()));
  const bool granted =
      sql.run("SELECT pg_catalog.has_function_privilege('tandem._capture_changes()', 'EXECUTE')").boolean(0, 0);
  if (!granted) sql.engine(strcat("GRANT EXECUTE ON FUNCTION tandem._capture_changes() TO ", role));
  for (const std::string& command : commands) sql.run(command);
  if (!granted) sql.engine(strcat("REVOKE EXECUTE ON FUNCTION tandem._capture_changes() FROM ", role));
}

}  // namespace tandem::store
