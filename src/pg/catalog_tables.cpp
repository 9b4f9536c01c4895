#include "pg/catalog_tables.hpp"

#include <tuple>

#include "pg/guard.hpp"
#include "pg/memory.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

// Plain data, in the memory of the scope that is open: what is read under a guard.
template <class T>
struct List {
  T* items;
  std::size_t size, room;

  static List make(std::size_t room) { return {static_cast<T*>(palloc(sizeof(T) * room)), 0, room}; }
  void add(const T& item) {
    if (size == room) items = static_cast<T*>(repalloc(items, sizeof(T) * (room *= 2)));
    items[size++] = item;
  }
};

struct Relation {
  Oid owner;
  const char* schema;
  const char* name;
  char kind, persistence;
  bool triggers;
};

struct Attribute {
  const char* name;
  Oid type, collation;
  std::int32_t typmod;
  int attnum;
  bool not_null, has_default, generated;
  char identity;
};

struct KeyColumn {
  int attnum;
  Oid opclass, collation;
};

struct Index {
  Oid oid;
  const char* name;
  bool primary;
  KeyColumn* columns;
  int width;
};

// Below, up to the next namespace's end: called under a guard only.

// Calls `each` with every row of a catalog whose first index column is `key`, in the order of the index.
template <class Each>
void scan_catalog(Oid catalog, Oid index, AttrNumber key_column, Oid key, Each each) {
  ScanKeyData scan_key;
  ScanKeyInit(&scan_key, key_column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(key));
  ::Relation rows = table_open(catalog, AccessShareLock);
  ::Relation order = index_open(index, AccessShareLock);
  SysScanDesc scan = systable_beginscan_ordered(rows, order, nullptr, 1, &scan_key);
  while (HeapTuple tuple = systable_getnext_ordered(scan, ForwardScanDirection)) each(tuple, RelationGetDescr(rows));
  systable_endscan_ordered(scan);
  index_close(order, AccessShareLock);
  table_close(rows, AccessShareLock);
}

// What a domain says holds for its columns too.
void add_domain(Attribute& attribute) {
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(attribute.type));
  if (!HeapTupleIsValid(tuple)) return;
  const auto* type = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
  if (type->typtype == TYPTYPE_DOMAIN) {
    bool null = false;
    (void)SysCacheGetAttr(TYPEOID, tuple, Anum_pg_type_typdefault, &null);
    attribute.not_null = attribute.not_null || type->typnotnull;
    attribute.has_default = attribute.has_default || !null;
  }
  ReleaseSysCache(tuple);
}

List<Attribute> attributes_of(Oid relation) {
  auto found = List<Attribute>::make(16);
  scan_catalog(AttributeRelationId, AttributeRelidNumIndexId, Anum_pg_attribute_attrelid, relation,
               [&found](HeapTuple tuple, TupleDesc) {
                 const auto* form = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
                 if (form->attnum <= 0 || form->attisdropped) return;
                 found.add({.name = pstrdup(NameStr(form->attname)),
                            .type = form->atttypid,
                            .collation = form->attcollation,
                            .typmod = form->atttypmod,
                            .attnum = form->attnum,
                            .not_null = form->attnotnull,
                            .has_default = form->atthasdef && form->attgenerated == '\0',
                            .generated = form->attgenerated != '\0',
                            .identity = form->attidentity});
               });
  for (std::size_t i = 0; i < found.size; ++i) add_domain(found.items[i]);
  return found;
}

// The columns of the key, without those that an index only includes.
KeyColumn* key_columns(HeapTuple tuple, TupleDesc shape) {
  const auto* form = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
  bool null = false;
  const Datum classes = heap_getattr(tuple, Anum_pg_index_indclass, shape, &null);
  const Datum collations = heap_getattr(tuple, Anum_pg_index_indcollation, shape, &null);
  const auto* opclass = reinterpret_cast<const oidvector*>(DatumGetPointer(classes));
  const auto* collation = reinterpret_cast<const oidvector*>(DatumGetPointer(collations));
  auto* columns = static_cast<KeyColumn*>(palloc(sizeof(KeyColumn) * static_cast<std::size_t>(form->indnkeyatts)));
  for (int i = 0; i < form->indnkeyatts; ++i)
    columns[i] = {form->indkey.values[i], opclass->values[i], collation->values[i]};
  return columns;
}

bool enforces_a_key(HeapTuple tuple) {
  const auto* form = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
  return form->indisunique && form->indisvalid && form->indisready && form->indislive && form->indimmediate &&
         heap_attisnull(tuple, Anum_pg_index_indpred, nullptr) &&
         heap_attisnull(tuple, Anum_pg_index_indexprs, nullptr);
}

List<Index> unique_indexes_of(Oid relation) {
  auto found = List<Index>::make(4);
  scan_catalog(IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid, relation,
               [&found](HeapTuple tuple, TupleDesc shape) {
                 if (!enforces_a_key(tuple)) return;
                 const auto* form = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
                 found.add({.oid = form->indexrelid,
                            .name = nullptr,
                            .primary = form->indisprimary,
                            .columns = key_columns(tuple, shape),
                            .width = form->indnkeyatts});
               });
  for (std::size_t i = 0; i < found.size; ++i) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(found.items[i].oid));
    if (!HeapTupleIsValid(tuple)) continue;
    const auto* form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    if (form->relam == BTREE_AM_OID) found.items[i].name = pstrdup(NameStr(form->relname));
    ReleaseSysCache(tuple);
  }
  return found;
}

// The operator of the operator class's own family, for the type that the class is declared for: whatever search_path
// says, that one means "the same key".
const char* equality_of(Oid opclass) {
  const Oid type = get_opclass_input_type(opclass);
  const Oid equal = get_opfamily_member(get_opclass_family(opclass), type, type, BTEqualStrategyNumber);
  HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(equal));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "operator class %u has no equality operator", opclass);
  auto* form = reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple));
  const char* text =
      psprintf("OPERATOR(%s.%s)", ::quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname));
  ReleaseSysCache(tuple);
  return text;
}

// Whether an index and its column agree on which values are the same.
bool same_equality(Oid one, Oid other) {
  return one == other || ((!OidIsValid(one) || get_collation_isdeterministic(one)) &&
                          (!OidIsValid(other) || get_collation_isdeterministic(other)));
}

}  // namespace

std::optional<RelationEntry> read_relation(Oid relation) {
  const MemoryScope memory("tandem relation");
  const Relation read = call([relation] {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(tuple)) return Relation{};
    const auto* form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    const Relation found{.owner = form->relowner,
                         .schema = get_namespace_name(form->relnamespace),
                         .name = pstrdup(NameStr(form->relname)),
                         .kind = form->relkind,
                         .persistence = form->relpersistence,
                         .triggers = form->relhastriggers || form->relkind == RELKIND_PARTITIONED_TABLE};
    ReleaseSysCache(tuple);
    return found;
  });
  if (read.name == nullptr || read.schema == nullptr) return std::nullopt;
  RelationEntry entry;
  entry.table.oid = relation;
  entry.table.schema = read.schema;
  entry.table.name = read.name;
  entry.table.quoted = quote_identifier(entry.table.schema) + "." + quote_identifier(entry.table.name);
  entry.table.kind = read.kind;
  entry.table.temporary = read.persistence == RELPERSISTENCE_TEMP;
  entry.table.owner = read.owner;
  entry.triggers = read.triggers;
  return entry;
}

std::vector<TableColumn> read_columns(Oid relation) {
  const MemoryScope memory("tandem columns");
  const List<Attribute> found = call([relation] { return attributes_of(relation); });
  std::vector<TableColumn> columns(found.size);
  for (std::size_t i = 0; i < found.size; ++i) {
    const Attribute& read = found.items[i];
    columns[i] = {.name = read.name,
                  .attnum = read.attnum,
                  .type = read.type,
                  .typmod = read.typmod,
                  .collation = read.collation,
                  .conversion = column_type(read.type, read.typmod),
                  .not_null = read.not_null,
                  .has_default = read.has_default,
                  .generated = read.generated,
                  .identity = read.identity,
                  .numbered = read.identity != '\0'};
  }
  return columns;
}

std::vector<UniqueKey> read_unique_keys(const Table& table) {
  const MemoryScope memory("tandem unique keys");
  const List<Index> found = call([&table] { return unique_indexes_of(table.oid); });
  std::sort(found.items, found.items + found.size, [](const Index& a, const Index& b) {
    return std::tuple(!a.primary, std::string_view(a.name == nullptr ? "" : a.name), a.oid) <
           std::tuple(!b.primary, std::string_view(b.name == nullptr ? "" : b.name), b.oid);
  });
  std::vector<UniqueKey> keys;
  for (std::size_t i = 0; i < found.size; ++i) {
    const Index& index = found.items[i];
    if (index.name == nullptr) continue;  // another access method
    UniqueKey key{.index = index.name, .primary = index.primary, .columns = {}, .equals = {}};
    for (const KeyColumn& part : std::span(index.columns, static_cast<std::size_t>(index.width))) {
      const auto column = std::ranges::find(table.columns, part.attnum, &TableColumn::attnum);
      if (column == table.columns.end()) break;
      if (!call([&] { return same_equality(part.collation, column->collation); })) break;
      key.columns.push_back(column->name);
      key.equals.emplace_back(call([&part] { return equality_of(part.opclass); }));
    }
    if (key.columns.size() == static_cast<std::size_t>(index.width)) keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace tandem::pg
