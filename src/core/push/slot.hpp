// The placeholders of a manifest's "write": {id}, {field:Name}, {record}, … in paths,
// parameters, headers and bodies. This is their grammar alone: a text becomes pieces, each a
// stretch of text or one slot. What a slot stands for in one change is told by template.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tandem::core {

struct Slot {
  enum class Name {
    // of one change
    id,               // its id at the other side
    key,              // the value of the external key field
    version,          // of the record as we know it
    idempotency_key,  // the same for every attempt
    index,            // its position in the batch, from 0
    local_key,        // the row's primary key, a JSON object
    field,            // the value of a field: {field:Name}
    record,           // the object of all that is sent of it
    rest,             // the same without the key field
    event,            // record.created, record.updated, record.deleted, record.undeleted
    // of a batch
    records,  // the array of what "batch.record" makes of each
    ids,      // all ids, with commas between them
    keys,     // all values of the key field, with commas between them
    count,    // how many changes it has
    // of the run
    mapping,
    mapping_id,
    run,
    connection,
    tenant,
    object,
    host,
    now,  // ISO 8601, UTC
  };
  enum class As {
    plain,   // as it is
    number,  // {id:number}: a JSON number where the text is one
    text,    // {record:text}: the JSON as a string
    base64,  // {record:base64}
  };
  Name name = Name::id;
  As as = As::plain;
  std::string field = {};  // Name::field

  [[nodiscard]] bool of_change() const noexcept { return name <= Name::event; }
  [[nodiscard]] bool of_batch() const noexcept { return name >= Name::records && name <= Name::count; }
  [[nodiscard]] bool whole_record() const noexcept { return name == Name::record || name == Name::rest; }
  bool operator==(const Slot&) const = default;
};

struct TextPiece {
  std::string text = {};  // without a slot
  std::optional<Slot> slot = {};
};

// {{ and }} stand for braces. An Error names a placeholder that is not known, with the nearest one.
[[nodiscard]] base::Result<std::vector<TextPiece>> parse_slots(std::string_view text);
// How it is written, braces included.
[[nodiscard]] std::string slot_text(const Slot& slot);

}  // namespace tandem::core
