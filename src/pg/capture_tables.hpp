// Where capture looks things up: our own tables, and what tandem._capture says of the table that a trigger fired on.
// A row of a partition is recorded as a row of the mapped root, so keys are known by what they are called there.
// Looked up once per command, however many rows a row trigger fires for. Private to src/pg/capture*.cpp; called under
// a guard only.
#pragma once

#include <cstdint>

#include "pg/types.hpp"

struct ArrayType;
struct FmgrInfo;
struct RelationData;
struct Trigger;
struct TupleDescData;

namespace tandem::pg::capture {

struct OurTables {
  Oid capture, capture_key, outbox, sequence;
};

// How a value becomes text.
enum class Print : std::uint8_t { gone, int2, int4, int8, text, function };

struct KeyColumn {
  std::int16_t place;  // attnum in the table that the trigger fired on
  Print print;
  FmgrInfo* output;
};

// One mapped table that the rows belong to.
struct Target {
  Target* next;  // a row of a partition belongs to each mapped table above it
  Oid table;     // the mapped one
  std::int16_t*
      map;  // of the fired table's columns to its own, filled as needed (0: not yet, -1: none); null: the same
  int map_size;
  ArrayType* key_columns;
  KeyColumn* keys;
  int key_count;
  int last_key;   // the highest place
  bool settings;  // some key prints differently under different settings
  bool replicated;
  Oid* owners;
  int owner_count;
  std::int64_t* mappings;
  int mapping_count;
};

// Null: rows of this table are not captured. Lives until the command ends.
[[nodiscard]] Target* targets_of(RelationData* fired, const Trigger* trigger);

// The column of the mapped table that is called like this one of the fired table; 0: none.
[[nodiscard]] std::int16_t mapped_column(Target& target, TupleDescData* fired, std::int16_t place);

// Known after targets_of() has found something.
[[nodiscard]] const OurTables& our_tables();

}  // namespace tandem::pg::capture
