#include "pg/capture_entry.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg::capture {

namespace {

constexpr int kBytesPerEntry = 1024 * 1024;  // of keys; then it is written with fewer rows
constexpr int kFirstRoom = 256;
constexpr int kIntegerRoom = 24;
// Columns of tandem._outbox, in the order in which they were added. A newer table has more, which stay null.
enum OutboxColumn {
  kSeq,
  kTable,
  kOp,
  kTxid,
  kAt,
  kN,
  kKeyColumns,
  kKeys,
  kOldKeys,
  kChanged,
  kOrigin,
  kOutboxColumns
};

// --- texts

// A place for an element of that size with its header; elements begin at multiples of four.
char* room_for(KeyTexts& texts, int size) {
  const int end = INTALIGN(texts.size + VARHDRSZ + size);
  if (end > texts.room) {
    texts.room = std::max(end, 2 * texts.room);
    texts.bytes = static_cast<char*>(texts.bytes == nullptr ? palloc(texts.room) : repalloc(texts.bytes, texts.room));
  }
  return texts.bytes + texts.size;
}

void close_element(KeyTexts& texts, int size) {
  char* element = texts.bytes + texts.size;
  SET_VARSIZE(element, VARHDRSZ + size);
  const int end = INTALIGN(texts.size + VARHDRSZ + size);
  std::memset(element + VARHDRSZ + size, 0, end - texts.size - VARHDRSZ - size);
  texts.size = end;
}

void add_bytes(KeyTexts& texts, const char* bytes, int size) {
  std::memcpy(room_for(texts, size) + VARHDRSZ, bytes, size);
  close_element(texts, size);
}

void add_value(KeyTexts& texts, const KeyColumn& key, Datum value) {
  switch (key.print) {
    case Print::gone:
      return;
    case Print::int2:
      close_element(texts, pg_itoa(DatumGetInt16(value), room_for(texts, kIntegerRoom) + VARHDRSZ));
      return;
    case Print::int4:
      close_element(texts, pg_ltoa(DatumGetInt32(value), room_for(texts, kIntegerRoom) + VARHDRSZ));
      return;
    case Print::int8:
      close_element(texts, pg_lltoa(DatumGetInt64(value), room_for(texts, kIntegerRoom) + VARHDRSZ));
      return;
    case Print::text: {
      const auto* text = reinterpret_cast<const varlena*>(PG_DETOAST_DATUM_PACKED(value));
      add_bytes(texts, VARDATA_ANY(text), static_cast<int>(VARSIZE_ANY_EXHDR(text)));
      return;
    }
    case Print::function: {
      const char* text = OutputFunctionCall(key.output, value);
      add_bytes(texts, text, static_cast<int>(std::strlen(text)));
      return;
    }
  }
}

int add_keys(KeyTexts* columns, const Target& target, int at, TupleTableSlot* row) {
  slot_getsomeattrs(row, target.last_key);
  int bytes = 0;
  for (int i = 0; i < target.key_count; ++i) {
    const KeyColumn& key = target.keys[i];
    KeyTexts& texts = columns[i];
    const int before = texts.size;
    texts.nulls[at] = key.print == Print::gone || row->tts_isnull[key.place - 1];
    if (texts.nulls[at]) {
      texts.any_null = true;
    } else {
      add_value(texts, key, row->tts_values[key.place - 1]);
    }
    bytes += texts.size - before;
  }
  return bytes;
}

KeyTexts* begin_texts(int columns, int rows) {
  auto* texts = static_cast<KeyTexts*>(palloc0(sizeof(KeyTexts) * (columns + 1)));
  for (int i = 0; i < columns; ++i) {
    texts[i].room = kFirstRoom;
    texts[i].bytes = static_cast<char*>(palloc(kFirstRoom));
    texts[i].nulls = static_cast<bool*>(palloc(rows));
  }
  return texts;
}

void copy_texts(KeyTexts* to, const KeyTexts* from, int columns, int rows) {
  for (int i = 0; i < columns; ++i) {
    if (to[i].room < from[i].size) {
      to[i].room = from[i].room;
      to[i].bytes = static_cast<char*>(repalloc(to[i].bytes, to[i].room));
    }
    std::memcpy(to[i].bytes, from[i].bytes, from[i].size);
    std::memcpy(to[i].nulls, from[i].nulls, rows);
    to[i].size = from[i].size;
    to[i].any_null = from[i].any_null;
  }
}

// text[columns][rows], built around the bytes as they are.
ArrayType* array_of(const KeyTexts* texts, int columns, int rows) {
  int size = 0;
  bool any_null = false;
  for (int i = 0; i < columns; ++i) {
    size += texts[i].size;
    any_null = any_null || texts[i].any_null;
  }
  const int header = static_cast<int>(any_null ? ARR_OVERHEAD_WITHNULLS(2, columns * rows) : ARR_OVERHEAD_NONULLS(2));
  auto* array = static_cast<ArrayType*>(palloc0(header + size));
  SET_VARSIZE(array, header + size);
  array->ndim = 2;
  array->dataoffset = any_null ? header : 0;
  array->elemtype = TEXTOID;
  ARR_DIMS(array)[0] = columns;
  ARR_DIMS(array)[1] = rows;
  ARR_LBOUND(array)[0] = ARR_LBOUND(array)[1] = 1;
  char* to = ARR_DATA_PTR(array);
  for (int i = 0; i < columns; ++i) {
    std::memcpy(to, texts[i].bytes, texts[i].size);
    to += texts[i].size;
    if (!any_null) continue;
    for (int row = 0; row < rows; ++row) {
      const int item = i * rows + row;
      if (!texts[i].nulls[row]) ARR_NULLBITMAP(array)[item / 8] |= static_cast<bits8>(1 << (item % 8));
    }
  }
  return array;
}

// --- the row of the outbox

struct OutboxRow {
  Datum values[kOutboxColumns];
  bool nulls[kOutboxColumns];
};

void put(OutboxRow& row, OutboxColumn column, Datum value) {
  row.values[column] = value;
  row.nulls[column] = false;
}

OutboxRow begin_row(const Target& target, const Outbox& outbox, char op, int n) {
  OutboxRow row;
  std::memset(row.nulls, true, sizeof row.nulls);
  // The number is taken while the rows are locked: entries of one row are numbered as they commit.
  put(row, kSeq, Int64GetDatum(nextval_internal(our_tables().sequence, false)));
  put(row, kTable, ObjectIdGetDatum(target.table));
  put(row, kOp, CharGetDatum(op));
  put(row, kTxid, FullTransactionIdGetDatum(GetTopFullTransactionId()));
  put(row, kAt, TimestampTzGetDatum(GetCurrentTimestamp()));
  put(row, kN, Int32GetDatum(n));
  if (outbox.origin != 0) put(row, kOrigin, Int64GetDatum(outbox.origin));
  return row;
}

void insert(const OutboxRow& row, const Outbox& outbox) {
  const TupleDesc descriptor = RelationGetDescr(outbox.relation);
  HeapTuple tuple = nullptr;
  if (descriptor->natts == kOutboxColumns) {
    tuple = heap_form_tuple(descriptor, const_cast<Datum*>(row.values), const_cast<bool*>(row.nulls));
  } else {
    auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * descriptor->natts));
    auto* nulls = static_cast<bool*>(palloc(descriptor->natts));
    std::memset(nulls, true, descriptor->natts);
    const int known = std::min<int>(descriptor->natts, kOutboxColumns);
    std::copy_n(row.values, known, values);
    std::copy_n(row.nulls, known, nulls);
    tuple = heap_form_tuple(descriptor, values, nulls);
  }
  CatalogTupleInsertWithInfo(outbox.relation, tuple, outbox.indexes);
  heap_freetuple(tuple);
}

void begin_anew(Entry& entry) {
  entry.rows = entry.bytes = 0;
  entry.keys_differ = false;
  for (int i = 0; i < entry.target->key_count; ++i) {
    entry.keys[i].size = 0;
    entry.keys[i].any_null = false;
  }
  if (entry.changed != nullptr) std::memset(entry.changed, 0, entry.changed_size);
}

}  // namespace

Outbox open_outbox(std::int64_t origin) {
  Relation relation = table_open(our_tables().outbox, RowExclusiveLock);
  return {relation, CatalogOpenIndexes(relation), origin};
}

void close_outbox(const Outbox& outbox) {
  CatalogCloseIndexes(outbox.indexes);
  table_close(outbox.relation, NoLock);
}

Entry begin_entry(const Target& target, char op, std::int64_t rows) {
  const int room = static_cast<int>(std::min<std::int64_t>(rows, kKeysPerEntry));
  Entry entry{};
  entry.target = &target;
  entry.context = CurrentMemoryContext;
  entry.op = op;
  entry.room = room;
  entry.keys = begin_texts(target.key_count, room);
  return entry;
}

bool full(const Entry& entry) { return entry.rows == entry.room || entry.bytes >= kBytesPerEntry; }

void add_row(Entry& entry, TupleTableSlot* row) {
  entry.bytes += add_keys(entry.keys, *entry.target, entry.rows, row);
  ++entry.rows;
}

void add_update(Entry& entry, TupleTableSlot* before, TupleTableSlot* row, bool key_differs) {
  const Target& target = *entry.target;
  if (key_differs && !entry.keys_differ) {
    if (entry.old_keys == nullptr) {
      const MemoryContext outer = MemoryContextSwitchTo(entry.context);
      entry.old_keys = begin_texts(target.key_count, entry.room);
      MemoryContextSwitchTo(outer);
    }
    copy_texts(entry.old_keys, entry.keys, target.key_count, entry.rows);
    entry.keys_differ = true;
  }
  if (entry.keys_differ) entry.bytes += add_keys(entry.old_keys, target, entry.rows, before);
  add_row(entry, row);
}

void write_entry(Entry& entry, const Outbox& outbox) {
  if (entry.rows == 0) return;
  const Target& target = *entry.target;
  OutboxRow row = begin_row(target, outbox, entry.op, entry.rows);
  put(row, kKeyColumns, PointerGetDatum(target.key_columns));
  ArrayType* keys = array_of(entry.keys, target.key_count, entry.rows);
  put(row, kKeys, PointerGetDatum(keys));
  ArrayType* old_keys = entry.keys_differ ? array_of(entry.old_keys, target.key_count, entry.rows) : nullptr;
  if (old_keys != nullptr) put(row, kOldKeys, PointerGetDatum(old_keys));
  if (entry.changed != nullptr) {
    auto* bits = static_cast<bytea*>(palloc(VARHDRSZ + entry.changed_size));
    SET_VARSIZE(bits, VARHDRSZ + entry.changed_size);
    std::memcpy(VARDATA(bits), entry.changed, entry.changed_size);
    put(row, kChanged, PointerGetDatum(bits));
  }
  insert(row, outbox);
  pfree(keys);
  if (old_keys != nullptr) pfree(old_keys);
  begin_anew(entry);
}

void write_truncate(const Target& target, const Outbox& outbox) { insert(begin_row(target, outbox, 't', 0), outbox); }

}  // namespace tandem::pg::capture
