#include "pg/catalog.hpp"

#include "pg/catalog_tables.hpp"
#include "pg/guard.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

// Triggers that may change a row, or keep it out.
constexpr std::string_view kRowTriggers = R"(
SELECT EXISTS (SELECT FROM pg_trigger t
               WHERE (t.tgrelid = $1 OR t.tgrelid IN (SELECT p.relid FROM pg_partition_tree($1) p))
                 AND NOT t.tgisinternal AND t.tgenabled <> 'D'
                 AND t.tgtype & 1 <> 0 AND t.tgtype & (2 | 64) <> 0 AND t.tgtype & (4 | 16) <> 0))";

constexpr std::string_view kNumbered = R"(
SELECT d.adnum FROM pg_attrdef d WHERE d.adrelid = $1 AND pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%')";

constexpr std::string_view kForeignKeys = R"(
SELECT f.conname, quote_ident(n.nspname) || '.' || quote_ident(r.relname), a.attname, ra.attname, f.confdeltype = 'c'
FROM pg_constraint f
JOIN pg_class r ON r.oid = f.confrelid
JOIN pg_namespace n ON n.oid = r.relnamespace
CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k(attnum, referenced, at)
JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum
JOIN pg_attribute ra ON ra.attrelid = f.confrelid AND ra.attnum = k.referenced
WHERE f.conrelid = $1 AND f.contype = 'f'
ORDER BY f.conname, f.oid, k.at)";

// A default that draws from a sequence is told by its text alone.
void note_numbered(Sql& sql, Table& table) {
  if (std::ranges::none_of(table.columns, &TableColumn::has_default)) return;
  const Rows rows = sql.engine(kNumbered, {Param::oid(table.oid)});
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (TableColumn& column : table.columns)
      if (column.attnum == rows.integer(i, 0)) column.numbered = true;
}

std::vector<ForeignKey> read_foreign_keys(Sql& sql, Oid relation) {
  const Rows rows = sql.engine(kForeignKeys, {Param::oid(relation)});
  std::vector<ForeignKey> keys;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (keys.empty() || keys.back().name != rows.text(i, 0)) {
      keys.push_back({.name = rows.text(i, 0),
                      .columns = {},
                      .referenced = rows.text(i, 1),
                      .referenced_columns = {},
                      .cascades = rows.boolean(i, 4)});
    }
    keys.back().columns.push_back(rows.text(i, 2));
    keys.back().referenced_columns.push_back(rows.text(i, 3));
  }
  return keys;
}

// Called under a guard only. The table and, of a partitioned one, all its parts.
bool try_lock_now(Oid relation) {
  if (!ConditionalLockRelationOid(relation, RowExclusiveLock)) return false;
  if (get_rel_relkind(relation) != RELKIND_PARTITIONED_TABLE) return true;
  List* parts = find_all_inheritors(relation, NoLock, nullptr);
  ListCell* cell = nullptr;
  foreach (cell, parts) {
    if (lfirst_oid(cell) != relation && !ConditionalLockRelationOid(lfirst_oid(cell), RowExclusiveLock)) return false;
  }
  return true;
}

}  // namespace

const TableColumn* Table::column(std::string_view column_name) const noexcept {
  for (const TableColumn& candidate : columns) {
    if (candidate.name == column_name) return &candidate;
  }
  return nullptr;
}

std::optional<Table> describe_table(Sql& sql, Oid relation) {
  std::optional<RelationEntry> found = read_relation(relation);
  if (!found) return std::nullopt;
  Table table = std::move(found->table);
  table.row_triggers = found->triggers && sql.engine(kRowTriggers, {Param::oid(relation)}).boolean(0, 0);
  // Of the user who asks, not of the engine.
  table.row_security = call([relation] { return check_enable_rls(relation, InvalidOid, true) == RLS_ENABLED; });
  table.columns = read_columns(relation);
  note_numbered(sql, table);
  table.unique_keys = read_unique_keys(table);
  if (found->triggers) table.foreign_keys = read_foreign_keys(sql, relation);
  return table;
}

bool has_no_pages(Oid relation) {
  return call([relation] {
    if (get_rel_relkind(relation) != RELKIND_RELATION || has_subclass(relation)) return false;
    ::Relation table = table_open(relation, NoLock);
    const bool none = RelationGetNumberOfBlocks(table) == 0;
    table_close(table, NoLock);
    return none;
  });
}

bool try_lock_table(Oid relation) {
  return call([relation] { return try_lock_now(relation); });
}

void lock_against_writers(Oid relation) {
  call([relation] { LockRelationOid(relation, ShareRowExclusiveLock); });
}

}  // namespace tandem::pg
