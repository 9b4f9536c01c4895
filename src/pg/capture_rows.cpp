#include "pg/capture_rows.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg::capture {

namespace {

// A statement of at most so many rows is recorded exactly: rows share an entry only where the same columns differ.
constexpr std::int64_t kExact = 64;
constexpr int kRowsPerInterruptCheck = 1000;

// One transition table, read from its beginning whatever others have read of it.
struct Reader {
  Tuplestorestate* store;
  TupleTableSlot* slot;
};

Reader open_reader(Tuplestorestate* store, TupleDesc descriptor) {
  const int pointer = tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND);
  tuplestore_select_read_pointer(store, pointer);
  tuplestore_rescan(store);
  return {store, MakeSingleTupleTableSlot(descriptor, &TTSOpsMinimalTuple)};
}

// Nobody else reads meanwhile: the pointer stays selected.
bool next(const Reader& reader) { return tuplestore_gettupleslot(reader.store, true, false, reader.slot); }

// What values print and detoast to on the way goes with each row where there are many.
struct Scratch {
  MemoryContext outer, rows;
};

Scratch begin_scratch(std::int64_t rows) {
  const MemoryContext outer = CurrentMemoryContext;
  if (rows <= kExact) return {outer, nullptr};
  return {outer, AllocSetContextCreate(outer, "tandem captured row", ALLOCSET_DEFAULT_SIZES)};
}

void enter(const Scratch& scratch) {
  if (scratch.rows != nullptr) MemoryContextSwitchTo(scratch.rows);
}

void leave(const Scratch& scratch) {
  if (scratch.rows == nullptr) return;
  MemoryContextSwitchTo(scratch.outer);
  MemoryContextReset(scratch.rows);
}

// --- inserted and deleted rows

void capture_all(Tuplestorestate* store, TupleDesc descriptor, char op, const Target& target, const Outbox& outbox) {
  const std::int64_t rows = tuplestore_tuple_count(store);
  const Reader reader = open_reader(store, descriptor);
  const Scratch scratch = begin_scratch(rows);
  Entry entry = begin_entry(target, op, rows);
  for (std::int64_t row = 1; next(reader); ++row) {
    enter(scratch);
    if (full(entry)) write_entry(entry, outbox);
    add_row(entry, reader.slot);
    leave(scratch);
    if (row % kRowsPerInterruptCheck == 0) CHECK_FOR_INTERRUPTS();
  }
  enter(scratch);
  write_entry(entry, outbox);
  leave(scratch);
  ExecDropSingleTupleTableSlot(reader.slot);
}

// --- updated rows

// The columns that differ, by the places of the fired table.
struct Comparison {
  TupleDesc descriptor;
  bool* is_key;
  bool* in_row;    // of the row at hand; where rows are many, only those that were not known from others
  bool* in_entry;  // of some row of the entry
  bool exact;
  bool any, key;  // of the row at hand
};

Comparison begin_comparison(const Target& target, TupleDesc descriptor, bool exact) {
  const int size = descriptor->natts;
  auto* flags = static_cast<bool*>(palloc0(3 * size + 1));
  for (int i = 0; i < target.key_count; ++i)
    if (target.keys[i].print != Print::gone) flags[target.keys[i].place - 1] = true;
  return {descriptor, flags, flags + size, flags + 2 * size, exact, false, false};
}

// As they are stored: numeric 1.0 and 1.00 differ. A value that stands outside of its row and was not touched is known
// by its pointer alone.
bool same(Form_pg_attribute column, Datum before, Datum now) {
  if (column->attbyval) return before == now;
  if (column->attlen == -1) {
    const auto* left = DatumGetPointer(before);
    const auto* right = DatumGetPointer(now);
    const auto size = VARSIZE_ANY(left);
    if (size == VARSIZE_ANY(right) && std::memcmp(left, right, size) == 0) return true;
  }
  return datum_image_eq(before, now, column->attbyval, column->attlen);
}

void note_difference(Comparison& comparison, int column) {
  comparison.in_row[column] = comparison.any = true;
  comparison.key = comparison.key || comparison.is_key[column];
}

// The bytes of a row's columns.
struct Bytes {
  const char* data;
  std::size_t size;
};

Bytes bytes_of(MinimalTuple tuple) {
  const std::size_t header = tuple->t_hoff - MINIMAL_TUPLE_OFFSET;
  return {reinterpret_cast<const char*>(tuple) + header, tuple->t_len - header};
}

// Where the two differ for the first time from `at` on; their size: nowhere.
std::size_t mismatch(const Bytes& left, const Bytes& right, std::size_t at) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  for (; at + kWord <= left.size && std::memcmp(left.data + at, right.data + at, kWord) == 0; at += kWord) {
  }
  while (at < left.size && left.data[at] == right.data[at]) ++at;
  return at;
}

bool laid_out_alike(MinimalTuple left, MinimalTuple right, int columns) {
  const auto natts = [](MinimalTuple tuple) { return tuple->t_infomask2 & HEAP_NATTS_MASK; };
  if (natts(left) != columns || natts(right) != columns) return false;
  if (left->t_len != right->t_len || left->t_hoff != right->t_hoff) return false;
  if ((left->t_infomask & HEAP_HASNULL) != (right->t_infomask & HEAP_HASNULL)) return false;
  return (left->t_infomask & HEAP_HASNULL) == 0 || std::memcmp(left->t_bits, right->t_bits, BITMAPLEN(columns)) == 0;
}

// Without taking the rows apart: most updates leave every column where it was, and most bytes as they were. False: this
// one does not, and what was found counts for nothing.
bool compare_bytes(Comparison& comparison, TupleTableSlot* before, TupleTableSlot* now) {
  if (!TTS_IS_MINIMALTUPLE(before) || !TTS_IS_MINIMALTUPLE(now)) return false;
  bool copied = false;  // never, of such slots
  const MinimalTuple old_row = ExecFetchSlotMinimalTuple(before, &copied);
  const MinimalTuple new_row = ExecFetchSlotMinimalTuple(now, &copied);
  const int columns = comparison.descriptor->natts;
  if (!laid_out_alike(old_row, new_row, columns)) return false;
  const Bytes left = bytes_of(old_row), right = bytes_of(new_row);
  const bool nulls = (old_row->t_infomask & HEAP_HASNULL) != 0;
  std::size_t differs = mismatch(left, right, 0), end = 0;
  for (int i = 0; i < columns && differs < left.size; ++i) {
    Form_pg_attribute column = TupleDescAttr(comparison.descriptor, i);
    if (nulls && att_isnull(i, old_row->t_bits)) continue;
    const std::size_t at = att_align_pointer(end, column->attalign, column->attlen, left.data + end);
    if (at != att_align_pointer(end, column->attalign, column->attlen, right.data + end)) return false;
    end = att_addlength_pointer(at, column->attlen, left.data + at);
    if (end != att_addlength_pointer(at, column->attlen, right.data + at)) return false;
    if (differs < at) differs = mismatch(left, right, at);  // in what lies between columns
    if (differs >= end) continue;
    const bool equal =
        column->attlen < 0 && same(column, PointerGetDatum(left.data + at), PointerGetDatum(right.data + at));
    if (!equal && !column->attisdropped) note_difference(comparison, i);
    differs = mismatch(left, right, end);
  }
  return true;
}

void compare(Comparison& comparison, TupleTableSlot* before, TupleTableSlot* now) {
  std::memset(comparison.in_row, 0, comparison.descriptor->natts);
  comparison.any = comparison.key = false;
  if (compare_bytes(comparison, before, now)) return;
  std::memset(comparison.in_row, 0, comparison.descriptor->natts);
  slot_getallattrs(before);
  slot_getallattrs(now);
  comparison.any = comparison.key = false;
  for (int i = 0; i < comparison.descriptor->natts; ++i) {
    const bool told = !comparison.exact && comparison.in_entry[i] && comparison.any && !comparison.is_key[i];
    Form_pg_attribute column = TupleDescAttr(comparison.descriptor, i);
    if (told || column->attisdropped) continue;
    const bool equal = before->tts_isnull[i] || now->tts_isnull[i]
                           ? before->tts_isnull[i] == now->tts_isnull[i]
                           : same(column, before->tts_values[i], now->tts_values[i]);
    if (!equal) note_difference(comparison, i);
  }
}

void note_changed(Entry& entry, Target& target, Comparison& comparison) {
  for (int i = 0; i < comparison.descriptor->natts; ++i) {
    if (!comparison.in_row[i] || comparison.in_entry[i]) continue;
    comparison.in_entry[i] = true;
    const int place = mapped_column(target, comparison.descriptor, static_cast<std::int16_t>(i + 1));
    if (place > 0) entry.changed[(place - 1) / 8] |= static_cast<std::uint8_t>(1 << ((place - 1) % 8));
  }
}

void write_update(Entry& entry, Comparison& comparison, const Outbox& outbox) {
  write_entry(entry, outbox);
  std::memset(comparison.in_entry, 0, comparison.descriptor->natts);
}

Entry begin_update(const Target& target, TupleDesc descriptor, std::int64_t rows) {
  Entry entry = begin_entry(target, 'u', rows);
  // A mapped table may have more columns than its partition.
  const int columns = target.map == nullptr ? descriptor->natts : MaxHeapAttributeNumber;
  entry.changed_size = (columns + 7) / 8;
  entry.changed = static_cast<std::uint8_t*>(palloc0(entry.changed_size));
  return entry;
}

// True: the row was taken; false: nothing differs.
bool add_compared(Entry& entry, Target& target, Comparison& comparison, const Outbox& outbox, TupleTableSlot* before,
                  TupleTableSlot* now) {
  compare(comparison, before, now);
  if (!comparison.any) return false;
  const bool other = comparison.exact && entry.rows > 0 &&
                     std::memcmp(comparison.in_row, comparison.in_entry, comparison.descriptor->natts) != 0;
  if (other || full(entry)) write_update(entry, comparison, outbox);
  note_changed(entry, target, comparison);
  add_update(entry, before, now, comparison.key);
  return true;
}

bool capture_updates(Tuplestorestate* before, Tuplestorestate* now, TupleDesc descriptor, Target& target,
                     const Outbox& outbox) {
  const std::int64_t rows = tuplestore_tuple_count(now);
  const Reader old_rows = open_reader(before, descriptor);
  const Reader new_rows = open_reader(now, descriptor);
  const Scratch scratch = begin_scratch(rows);
  Entry entry = begin_update(target, descriptor, rows);
  Comparison comparison = begin_comparison(target, descriptor, rows <= kExact);
  bool any = false;
  for (std::int64_t row = 1; next(new_rows) && next(old_rows); ++row) {
    enter(scratch);
    any = add_compared(entry, target, comparison, outbox, old_rows.slot, new_rows.slot) || any;
    leave(scratch);
    if (row % kRowsPerInterruptCheck == 0) CHECK_FOR_INTERRUPTS();
  }
  enter(scratch);
  write_entry(entry, outbox);
  leave(scratch);
  ExecDropSingleTupleTableSlot(old_rows.slot);
  ExecDropSingleTupleTableSlot(new_rows.slot);
  return any;
}

bool capture_statement(const TriggerData& trigger, Target& target, const Outbox& outbox) {
  const TupleDesc descriptor = RelationGetDescr(trigger.tg_relation);
  Tuplestorestate* before = trigger.tg_oldtable;
  Tuplestorestate* now = trigger.tg_newtable;
  if (before != nullptr && now != nullptr) {
    if (tuplestore_tuple_count(before) == tuplestore_tuple_count(now))
      return capture_updates(before, now, descriptor, target, outbox);
    // Which row became which is not known.
    capture_all(before, descriptor, 'd', target, outbox);
    capture_all(now, descriptor, 'i', target, outbox);
  } else if (before != nullptr) {
    capture_all(before, descriptor, 'd', target, outbox);
  } else {
    capture_all(now, descriptor, 'i', target, outbox);
  }
  return true;
}

bool capture_row(const TriggerData& trigger, Target& target, const Outbox& outbox) {
  const TupleDesc descriptor = RelationGetDescr(trigger.tg_relation);
  if (TRIGGER_FIRED_BY_UPDATE(trigger.tg_event)) {
    Entry entry = begin_update(target, descriptor, 1);
    Comparison comparison = begin_comparison(target, descriptor, true);
    const bool any = add_compared(entry, target, comparison, outbox, trigger.tg_trigslot, trigger.tg_newslot);
    write_entry(entry, outbox);
    return any;
  }
  Entry entry = begin_entry(target, TRIGGER_FIRED_BY_INSERT(trigger.tg_event) ? 'i' : 'd', 1);
  add_row(entry, trigger.tg_trigslot);
  write_entry(entry, outbox);
  return true;
}

}  // namespace

std::int64_t rows_of(const TriggerData& trigger) {
  if (!TRIGGER_FIRED_AFTER(trigger.tg_event)) return 0;
  if (TRIGGER_FIRED_BY_TRUNCATE(trigger.tg_event) || TRIGGER_FIRED_FOR_ROW(trigger.tg_event)) return 1;
  const std::int64_t before = trigger.tg_oldtable == nullptr ? 0 : tuplestore_tuple_count(trigger.tg_oldtable);
  const std::int64_t now = trigger.tg_newtable == nullptr ? 0 : tuplestore_tuple_count(trigger.tg_newtable);
  // Somebody's own trigger with half of what an update is: each row would look inserted or deleted.
  if (TRIGGER_FIRED_BY_UPDATE(trigger.tg_event) && (trigger.tg_oldtable == nullptr || trigger.tg_newtable == nullptr))
    return 0;
  return before + now;
}

bool capture_rows(const TriggerData& trigger, Target& target, const Outbox& outbox) {
  if (TRIGGER_FIRED_FOR_ROW(trigger.tg_event)) return capture_row(trigger, target, outbox);
  if (!TRIGGER_FIRED_BY_TRUNCATE(trigger.tg_event)) return capture_statement(trigger, target, outbox);
  write_truncate(target, outbox);
  return true;
}

}  // namespace tandem::pg::capture
