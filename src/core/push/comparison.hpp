// What comes of holding the rows of a source_query against what was sent last: whether they
// can be told apart at all, and how many of those that are gone may go at the other side.
// Pure; the store compares, the push job does what is decided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/mapping/mapping.hpp"
#include "core/run/run_failure.hpp"

namespace tandem::core {

// As the database counted them.
struct Comparison {
  std::int64_t rows = 0;                             // of the query, keys that come twice once
  std::int64_t live = 0;                             // that the other side has of it
  std::int64_t added = 0, changed = 0, removed = 0;  // removed: that are to go, by delete_mode
  std::int64_t keyless = 0, repeated = 0;            // rows without a key; keys of several rows
  std::optional<std::string> example = {};           // one of those keys, as JSON
};

struct ComparisonVerdict {
  std::optional<RunFailure> refused = {};  // nothing is sent
  std::int64_t removes = 0;                // of those that are gone; the others wait for a person
};

// `approved`: how many a person has said may go, instead of the brake. No row at all proves little: it takes a person.
[[nodiscard]] ComparisonVerdict judge(const Comparison& found, const DeleteBrake& brake,
                                      std::optional<std::int64_t> approved);

}  // namespace tandem::core
