// The rows that a trigger was fired for, as entries of the outbox: those of a statement from its transition tables, old
// and new ones in lockstep, or the one row of a row trigger. Private to src/pg/capture*.cpp; called under a guard only.
#pragma once

#include <cstdint>

#include "pg/capture_entry.hpp"

struct TriggerData;

namespace tandem::pg::capture {

// How many rows the trigger brings: 0 when the statement met none, or when it is not one of ours.
[[nodiscard]] std::int64_t rows_of(const TriggerData& trigger);

// False: there was nothing to be written, for no row really differs.
[[nodiscard]] bool capture_rows(const TriggerData& trigger, Target& target, const Outbox& outbox);

}  // namespace tandem::pg::capture
