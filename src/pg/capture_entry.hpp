// An entry of the outbox while it is gathered: the keys of up to a thousand rows, a buffer per key column in which the
// elements already lie as an array stores them, and which columns differ. write() makes the row of tandem._outbox.
// Private to src/pg/capture*.cpp; called under a guard only.
#pragma once

#include <cstdint>

#include "pg/capture_tables.hpp"

struct MemoryContextData;
struct ResultRelInfo;
struct TupleTableSlot;

namespace tandem::pg::capture {

constexpr int kKeysPerEntry = 1000;

// The outbox, open for one statement.
struct Outbox {
  RelationData* relation;
  ResultRelInfo* indexes;
  std::int64_t origin;  // 0: a local change
};
[[nodiscard]] Outbox open_outbox(std::int64_t origin);
void close_outbox(const Outbox& outbox);

// The values of one key column, of the rows so far.
struct KeyTexts {
  char* bytes;
  int size, room;
  bool* nulls;
  bool any_null;
};

struct Entry {
  const Target* target;
  MemoryContextData* context;  // where the texts lie
  char op;
  int rows, room;
  int bytes;              // of all texts
  KeyTexts* keys;         // a KeyTexts per key column
  KeyTexts* old_keys;     // valid where keys_differ
  bool keys_differ;       // in some row
  std::uint8_t* changed;  // bit attnum - 1 of the mapped table; only of op u
  int changed_size;
};

// `rows`: how many may come in all.
[[nodiscard]] Entry begin_entry(const Target& target, char op, std::int64_t rows);
// The entry takes no more: write it first.
[[nodiscard]] bool full(const Entry& entry);
void add_row(Entry& entry, TupleTableSlot* row);
// A row that was updated; `key_differs`: some key column of it does.
void add_update(Entry& entry, TupleTableSlot* before, TupleTableSlot* row, bool key_differs);
// Writes what there is, if anything, and begins anew.
void write_entry(Entry& entry, const Outbox& outbox);
// TRUNCATE has no rows.
void write_truncate(const Target& target, const Outbox& outbox);

}  // namespace tandem::pg::capture
