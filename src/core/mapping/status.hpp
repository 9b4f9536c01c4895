// Option status_columns: how a record fares, on the user's own row. last_sync is stamped
// when the row is really written; last_error holds what is wrong with the record, on the
// row that it did not change, and is empty again when the record goes in.
#pragma once

#include "core/mapping/mapping.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

// {"last_sync": "synced_at", "last_error": "sync_error"}: appends to mapping.columns, sets mapping.last_error.
void read_status_columns(ObjectReader& options, Mapping& mapping);
// Whether the column of last_error can hold text.
void check_last_error(const Mapping& mapping, const Target& target, Findings& findings);

}  // namespace tandem::core
