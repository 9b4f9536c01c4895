#include "store/children.hpp"

#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "store/schema_changes.hpp"

namespace tandem::store {

namespace {

// In a copy of the database the numbers of tables mean nothing yet.
constexpr const char* kWatched =
    "SELECT m.mapping_id, m.tenant_id, m.name, m.definition, t.field, t.target::int8, t.target_name, t.columns_seen"
    " FROM tandem._child_table t JOIN tandem._mapping m USING (mapping_id)"
    " WHERE EXISTS (SELECT FROM tandem._instance i WHERE i.database_oid = $1) AND t.target IN (";

std::optional<base::Json> parsed(const std::optional<std::string>& text) {
  return text ? std::optional(base::Json::parse(*text).value()) : std::nullopt;
}

std::vector<WatchedChild> watched(pg::Sql& sql, std::string_view tables) {
  const pg::Rows rows = sql.engine(base::strcat(kWatched, tables, ")"), {pg::Param::oid(pg::database_oid())});
  std::vector<WatchedChild> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back({.mapping_id = rows.integer(i, 0),
                   .tenant_id = rows.integer(i, 1),
                   .mapping = rows.text(i, 2),
                   .definition = base::Json::parse(rows.text(i, 3)).value(),
                   .child = {.field = rows.text(i, 4),
                             .target = static_cast<pg::Oid>(rows.integer(i, 5)),
                             .target_name = rows.text(i, 6),
                             .columns_seen = parsed(rows.text_or_null(i, 7))}});
  return out;
}

}  // namespace

std::vector<ChildRow> children_of(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows rows = sql.engine(
      "SELECT field, target::int8, target_name, columns_seen FROM tandem._child_table WHERE mapping_id = $1"
      " ORDER BY field",
      {mapping_id});
  std::vector<ChildRow> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back({.field = rows.text(i, 0),
                   .target = static_cast<pg::Oid>(rows.integer(i, 1)),
                   .target_name = rows.text(i, 2),
                   .columns_seen = parsed(rows.text_or_null(i, 3))});
  return out;
}

void save_children(pg::Sql& sql, std::int64_t mapping_id, const std::vector<ChildRow>& children) {
  sql.engine("DELETE FROM tandem._child_table WHERE mapping_id = $1", {mapping_id});
  for (const ChildRow& child : children) {
    sql.engine("INSERT INTO tandem._child_table (mapping_id, field, target, target_name) VALUES ($1, $2, $3, $4)",
               {mapping_id, child.field, pg::Param::oid(child.target), child.target_name});
    remember_child_columns(sql, mapping_id, child.field);
  }
}

void remember_child_columns(pg::Sql& sql, std::int64_t mapping_id, const std::string& field) {
  sql.engine(
      "UPDATE tandem._child_table t SET columns_seen = (SELECT jsonb_object_agg(a.attname,"
      " jsonb_build_array(a.attnum, format_type(a.atttypid, a.atttypmod))) FROM pg_catalog.pg_attribute a"
      " WHERE a.attrelid = t.target AND a.attnum > 0 AND NOT a.attisdropped)"
      " WHERE t.mapping_id = $1 AND t.field = $2",
      {mapping_id, field});
}

void remember_child_name(pg::Sql& sql, std::int64_t mapping_id, const std::string& field, const std::string& quoted) {
  sql.engine("UPDATE tandem._child_table SET target_name = $3 WHERE mapping_id = $1 AND field = $2",
             {mapping_id, field, quoted});
  const pg::Rows rows =
      sql.engine("SELECT definition FROM tandem._mapping WHERE mapping_id = $1 FOR NO KEY UPDATE", {mapping_id});
  if (rows.empty()) return;
  const base::Json definition = core::with_child_table(base::Json::parse(rows.text(0, 0)).value(), field, quoted);
  sql.engine("UPDATE tandem._mapping SET definition = $2::jsonb WHERE mapping_id = $1",
             {mapping_id, definition.dump()});
}

void settle_child_changes(pg::Sql& sql, std::int64_t mapping_id) {
  sql.engine(
      "UPDATE tandem._schema_change SET status = 'applied' WHERE mapping_id = $1 AND side = 'local' AND status = 'open'"
      " AND field LIKE '%[]%'",
      {mapping_id});
}

std::vector<WatchedChild> children_altered(pg::Sql& sql) { return watched(sql, kAlteredTables); }

std::vector<WatchedChild> children_dropped(pg::Sql& sql) { return watched(sql, kDroppedTables); }

core::SchemaChanges child_changes(pg::Sql& sql, WatchedChild& watched) {
  const std::optional<pg::Table> table = pg::describe_table(sql, watched.child.target);
  if (!table) return {core::child_table_dropped(watched.mapping, watched.child.field, watched.child.target_name)};
  if (table->quoted != watched.child.target_name) {
    watched.child.target_name = table->quoted;
    watched.definition = core::with_child_table(std::move(watched.definition), watched.child.field, table->quoted);
    remember_child_name(sql, watched.mapping_id, watched.child.field, table->quoted);
  }
  if (!watched.child.columns_seen) return {};
  return core::child_table_changes(watched.mapping, watched.definition, watched.child.field, table->quoted,
                                   core::local_columns(*watched.child.columns_seen), columns_now(*table));
}

}  // namespace tandem::store
