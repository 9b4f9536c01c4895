#include "pg/catalog.hpp"

#include "pg/guard.hpp"
#include "pg/memory.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

constexpr std::string_view kRelation = R"(
SELECT n.nspname, c.relname, c.relkind, c.relowner, c.relhastriggers OR c.relkind = 'p'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = $1)";

// Triggers that may change a row, or keep it out.
constexpr std::string_view kRowTriggers = R"(
SELECT EXISTS (SELECT FROM pg_trigger t
               WHERE (t.tgrelid = $1 OR t.tgrelid IN (SELECT p.relid FROM pg_partition_tree($1) p))
                 AND NOT t.tgisinternal AND t.tgenabled <> 'D'
                 AND t.tgtype & 1 <> 0 AND t.tgtype & (2 | 64) <> 0 AND t.tgtype & (4 | 16) <> 0))";

// What a domain says holds for its columns too. The default is asked for column by column: as an EXISTS it would be
// read, and printed, of every column of the database.
constexpr std::string_view kColumns = R"(
SELECT a.attname, a.attnum, a.atttypid, a.atttypmod, a.attcollation,
       a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
       (a.atthasdef AND a.attgenerated = '') OR (t.typtype = 'd' AND t.typdefault IS NOT NULL),
       a.attgenerated <> '', a.attidentity,
       a.attidentity <> '' OR a.atthasdef AND (
           SELECT pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%' FROM pg_attrdef d
           WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum)";

// One row per key column.
constexpr std::string_view kUniqueKeys = R"(
SELECT i.indexrelid, ic.relname, i.indisprimary, a.attname, i.indclass[k.at], i.indcollation[k.at], a.attcollation
FROM pg_index i
JOIN pg_class ic ON ic.oid = i.indexrelid AND ic.relam = 403 /* btree */
CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS k(at)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.at]
WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indisready AND i.indislive AND i.indimmediate
  AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY i.indisprimary DESC, ic.relname, i.indexrelid, k.at)";

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

Oid oid_at(const Rows& rows, std::size_t row, std::size_t column) {
  return static_cast<Oid>(rows.integer(row, column));
}

std::vector<TableColumn> read_columns(Sql& sql, Oid relation) {
  const Rows rows = sql.engine(kColumns, {Param::oid(relation)});
  std::vector<TableColumn> columns(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    TableColumn& column = columns[i];
    column.name = rows.text(i, 0);
    column.attnum = static_cast<int>(rows.integer(i, 1));
    column.type = oid_at(rows, i, 2);
    column.typmod = static_cast<std::int32_t>(rows.integer(i, 3));
    column.collation = oid_at(rows, i, 4);
    column.conversion = column_type(column.type, column.typmod);
    column.not_null = rows.boolean(i, 5);
    column.has_default = rows.boolean(i, 6);
    column.generated = rows.boolean(i, 7);
    const std::string& identity = rows.text(i, 8);
    column.identity = identity.empty() ? '\0' : identity[0];
    column.numbered = rows.boolean(i, 9);
  }
  return columns;
}

// The operator of the operator class's own family, for the type that the class is declared for: whatever search_path
// says, that one means "the same key".
std::string equality_of(Oid opclass) {
  const MemoryScope memory("tandem operator");
  return call([opclass] {
    const Oid type = get_opclass_input_type(opclass);
    const Oid equal = get_opfamily_member(get_opclass_family(opclass), type, type, BTEqualStrategyNumber);
    HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(equal));
    if (!HeapTupleIsValid(tuple)) elog(ERROR, "operator class %u has no equality operator", opclass);
    auto* form = reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple));
    const char* text =
        psprintf("OPERATOR(%s.%s)", ::quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname));
    ReleaseSysCache(tuple);
    return text;
  });
}

// Whether an index and its column agree on which values are the same.
bool same_equality(Oid one, Oid other) {
  if (one == other) return true;
  return call([one, other] {
    return (!OidIsValid(one) || get_collation_isdeterministic(one)) &&
           (!OidIsValid(other) || get_collation_isdeterministic(other));
  });
}

std::vector<UniqueKey> read_unique_keys(Sql& sql, Oid relation) {
  const Rows rows = sql.engine(kUniqueKeys, {Param::oid(relation)});
  std::vector<UniqueKey> keys;
  bool usable = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || rows.integer(i, 0) != rows.integer(i - 1, 0)) {
      if (!usable) keys.pop_back();
      usable = true;
      keys.push_back({.index = rows.text(i, 1), .primary = rows.boolean(i, 2), .columns = {}, .equals = {}});
    }
    keys.back().columns.push_back(rows.text(i, 3));
    keys.back().equals.push_back(equality_of(oid_at(rows, i, 4)));
    usable = usable && same_equality(oid_at(rows, i, 5), oid_at(rows, i, 6));
  }
  if (!usable) keys.pop_back();
  return keys;
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
  const Rows rows = sql.engine(kRelation, {Param::oid(relation)});
  if (rows.empty()) return std::nullopt;
  Table table;
  table.oid = relation;
  table.schema = rows.text(0, 0);
  table.name = rows.text(0, 1);
  table.quoted = quote_identifier(table.schema) + "." + quote_identifier(table.name);
  table.kind = rows.text(0, 2).at(0);
  table.owner = oid_at(rows, 0, 3);
  // Foreign keys are triggers, too, so a table without any needs no more looking.
  const bool triggers = rows.boolean(0, 4);
  table.row_triggers = triggers && sql.engine(kRowTriggers, {Param::oid(relation)}).boolean(0, 0);
  // Of the user who asks, not of the engine.
  table.row_security = call([relation] { return check_enable_rls(relation, InvalidOid, true) == RLS_ENABLED; });
  table.columns = read_columns(sql, relation);
  table.unique_keys = read_unique_keys(sql, relation);
  if (triggers) table.foreign_keys = read_foreign_keys(sql, relation);
  return table;
}

bool try_lock_table(Oid relation) {
  return call([relation] { return try_lock_now(relation); });
}

}  // namespace tandem::pg
