#include "pg/capture_tables.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg::capture {

namespace {

constexpr const char* kSchema = "tandem";
// Columns of tandem._capture, which is only ever added to.
enum CaptureColumn { kTable, kTableName, kKeyColumns, kRowKey, kOwners, kMappings, kReplicated, kCaptureColumns };

// --- our tables

constinit OurTables ours{};
constinit bool known = false;

void forget(Datum, Oid relation) {
  if (!OidIsValid(relation) || relation == ours.capture || relation == ours.capture_key || relation == ours.outbox ||
      relation == ours.sequence)
    known = false;
}

Oid find_ours(Oid schema, const char* relation, RelationData* fired, const Trigger* trigger) {
  const Oid found = OidIsValid(schema) ? get_relname_relid(relation, schema) : InvalidOid;
  if (OidIsValid(found)) return found;
  ereport(ERROR,
          (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table %s.%s of pg_tandem does not exist", kSchema, relation),
           errdetail("Trigger %s captures changes of this table for pg_tandem, which is not there any more.",
                     quote_identifier(trigger->tgname)),
           errhint("DROP TRIGGER %s ON %s;", quote_identifier(trigger->tgname),
                   quote_qualified_identifier(get_namespace_name(RelationGetNamespace(fired)),
                                              RelationGetRelationName(fired)))));
  pg_unreachable();
}

void find_our_tables(RelationData* fired, const Trigger* trigger) {
  static bool listening = false;
  if (!listening) {
    CacheRegisterRelcacheCallback(forget, 0);
    listening = true;
  }
  if (known) return;
  const Oid schema = get_namespace_oid(kSchema, true);
  ours.capture = find_ours(schema, "_capture", fired, trigger);
  ours.capture_key = find_ours(schema, "_capture_pkey", fired, trigger);
  ours.outbox = find_ours(schema, "_outbox", fired, trigger);
  ours.sequence = find_ours(schema, "_outbox_seq", fired, trigger);
  known = true;
}

// --- one row of tandem._capture

template <class T>
T* elements(Datum array, Oid type, int& count) {
  ArrayType* values = DatumGetArrayTypeP(array);
  if (ARR_ELEMTYPE(values) != type || ARR_HASNULL(values)) elog(ERROR, "tandem._capture: not an array as expected");
  count = ARR_NDIM(values) == 0 ? 0 : ArrayGetNItems(ARR_NDIM(values), ARR_DIMS(values));
  return reinterpret_cast<T*>(ARR_DATA_PTR(values));
}

Target* read_target(HeapTuple tuple, TupleDesc descriptor) {
  Datum values[kCaptureColumns];
  for (int i = 0; i < kCaptureColumns; ++i) {
    bool null = false;
    values[i] = heap_getattr(tuple, i + 1, descriptor, &null);
    if (null) elog(ERROR, "tandem._capture: unexpected null");
  }
  auto* target = static_cast<Target*>(palloc0(sizeof(Target)));
  target->table = DatumGetObjectId(values[kTable]);
  target->key_columns = DatumGetArrayTypePCopy(values[kKeyColumns]);
  target->owners = elements<Oid>(PointerGetDatum(DatumGetArrayTypePCopy(values[kOwners])), OIDOID, target->owner_count);
  target->mappings = elements<std::int64_t>(PointerGetDatum(DatumGetArrayTypePCopy(values[kMappings])), INT8OID,
                                            target->mapping_count);
  target->replicated = DatumGetBool(values[kReplicated]);
  return target;
}

Target* scan(Relation capture, Oid table, Snapshot snapshot) {
  ScanKeyData key;
  ScanKeyInit(&key, kTable + 1, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
  SysScanDesc rows = systable_beginscan(capture, ours.capture_key, true, snapshot, 1, &key);
  const HeapTuple tuple = systable_getnext(rows);
  Target* target = HeapTupleIsValid(tuple) ? read_target(tuple, RelationGetDescr(capture)) : nullptr;
  systable_endscan(rows);
  return target;
}

// What is committed now, not what the transaction's snapshot shows: the trigger may be younger than that. Not by a
// snapshot in the first place, for it would enter a serializable transaction into conflicts with those who make
// mappings; but without one a row that is just being changed can be missed, so that absence needs another look.
Target* look_up(Relation capture, Oid table) {
  if (Target* target = scan(capture, table, SnapshotSelf)) return target;
  const Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
  Target* target = scan(capture, table, latest);
  UnregisterSnapshot(latest);
  return target;
}

// --- its keys in the fired table

// Types whose text is the same under all settings, beside those that have a Print of their own.
bool prints_alike(Oid type) {
  switch (type) {
    case UUIDOID:
    case NUMERICOID:
    case BPCHAROID:
    case BOOLOID:
    case NAMEOID:
    case OIDOID:
    case CHAROID:
      return true;
    default:
      return false;
  }
}

void plan_print(KeyColumn& key, Oid column_type, bool& settings) {
  const Oid type = getBaseType(column_type);
  switch (type) {
    case INT2OID:
      key.print = Print::int2;
      return;
    case INT4OID:
      key.print = Print::int4;
      return;
    case INT8OID:
      key.print = Print::int8;
      return;
    case TEXTOID:
    case VARCHAROID:
      key.print = Print::text;
      return;
    default:
      break;
  }
  Oid output = InvalidOid;
  bool is_varlena = false;
  getTypeOutputInfo(type, &output, &is_varlena);
  key.print = Print::function;
  key.output = static_cast<FmgrInfo*>(palloc(sizeof(FmgrInfo)));
  fmgr_info(output, key.output);
  settings = settings || !prints_alike(type);
}

// The same column in the table that the trigger fired on; 0: it is gone.
AttrNumber fired_column(const Target& target, RelationData* fired, AttrNumber place) {
  if (target.map == nullptr) return place;
  char* name = get_attname(target.table, place, true);
  return name == nullptr ? InvalidAttrNumber : get_attnum(RelationGetRelid(fired), name);
}

void plan_keys(Target& target, RelationData* fired) {
  const TupleDesc descriptor = RelationGetDescr(fired);
  if (target.table != RelationGetRelid(fired)) {
    target.map_size = descriptor->natts;
    target.map = static_cast<std::int16_t*>(palloc0(sizeof(std::int16_t) * descriptor->natts));
  }
  const auto* places = elements<std::int16_t>(PointerGetDatum(target.key_columns), INT2OID, target.key_count);
  target.keys = static_cast<KeyColumn*>(palloc0(sizeof(KeyColumn) * (target.key_count + 1)));
  for (int i = 0; i < target.key_count; ++i) {
    KeyColumn& key = target.keys[i];
    key.place = fired_column(target, fired, places[i]);
    const bool there =
        key.place > 0 && key.place <= descriptor->natts && !TupleDescAttr(descriptor, key.place - 1)->attisdropped;
    if (!there) {
      key.print = Print::gone;
      continue;
    }
    target.last_key = std::max<int>(target.last_key, key.place);
    plan_print(key, TupleDescAttr(descriptor, key.place - 1)->atttypid, target.settings);
  }
}

Target* find_targets(RelationData* fired, const Trigger* trigger) {
  find_our_tables(fired, trigger);
  const Oid self = RelationGetRelid(fired);
  Relation capture = table_open(ours.capture, AccessShareLock);
  Target* first = nullptr;
  if (!trigger->tgisclone) {
    first = look_up(capture, self);
  } else {
    const List* above = get_partition_ancestors(self);
    ListCell* cell = nullptr;
    foreach (cell, above) {
      Target* target = look_up(capture, lfirst_oid(cell));
      if (target == nullptr) continue;
      target->next = first;
      first = target;
    }
  }
  table_close(capture, AccessShareLock);
  for (Target* target = first; target != nullptr; target = target->next) plan_keys(*target, fired);
  return first;
}

// --- what this command has looked up

struct Found {
  Found* next;
  Oid fired;
  bool clone;
  Target* first;
};
constexpr int kBuckets = 64;

// Of one command of one transaction: whoever changes tandem._capture in between raises the command's number.
struct Memory {
  TransactionId transaction;
  CommandId command;
  MemoryContext context;
  Found* found[kBuckets];
};
constinit Memory memory{};

Found** remembered(Oid fired) {
  if (memory.context == nullptr)
    memory.context = AllocSetContextCreate(TopMemoryContext, "tandem capture", ALLOCSET_SMALL_SIZES);
  const TransactionId transaction = GetTopTransactionIdIfAny();
  const CommandId command = GetCurrentCommandId(false);
  if (!TransactionIdIsValid(transaction) || memory.transaction != transaction || memory.command != command) {
    std::memset(memory.found, 0, sizeof memory.found);
    MemoryContextReset(memory.context);
    memory.command = command;
    memory.transaction = transaction;
  }
  return &memory.found[fired % kBuckets];
}

}  // namespace

Target* targets_of(RelationData* fired, const Trigger* trigger) {
  const Oid self = RelationGetRelid(fired);
  Found** bucket = remembered(self);
  for (const Found* found = *bucket; found != nullptr; found = found->next)
    if (found->fired == self && found->clone == trigger->tgisclone) return found->first;
  const MemoryContext outer = MemoryContextSwitchTo(memory.context);
  auto* found = static_cast<Found*>(palloc(sizeof(Found)));
  *found = {*bucket, self, trigger->tgisclone, find_targets(fired, trigger)};
  *bucket = found;
  MemoryContextSwitchTo(outer);
  return found->first;
}

std::int16_t mapped_column(Target& target, TupleDescData* fired, std::int16_t place) {
  if (target.map == nullptr) return place;
  if (place > target.map_size) return 0;
  std::int16_t& mapped = target.map[place - 1];
  if (mapped == 0) {
    mapped = get_attnum(target.table, NameStr(TupleDescAttr(fired, place - 1)->attname));
    if (mapped <= 0) mapped = -1;
  }
  return std::max<std::int16_t>(mapped, 0);
}

const OurTables& our_tables() { return ours; }

}  // namespace tandem::pg::capture
