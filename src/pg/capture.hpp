// Capture: what a statement did to a table goes into tandem._outbox, inside the user's own transaction, as the trigger
// sees it. Reached without SPI and whoever runs the statement: our table is looked up and written directly. A table
// that is not in tandem._capture costs the look-up and writes nothing. Raises only when memory or the disk is full,
// or when our tables are gone, and then says how to drop the trigger.
#pragma once

#include "pg/types.hpp"

namespace tandem::pg {

class FunctionCall;

// Whose workers are to be woken when this is committed.
struct Captured {
  static constexpr int kMaxOwners = 8;
  Datum row = 0;  // what the trigger returns: the row as it is, which only counts where it was made BEFORE
  int count = 0;
  bool more = false;  // than fit
  Oid owners[kMaxOwners] = {};
};

// The body of the trigger function.
[[nodiscard]] Captured capture_changes(FunctionCall& call);

}  // namespace tandem::pg
