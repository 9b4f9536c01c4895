// preview_mapping of a mapping that pushes: what would be sent of the first rows of its table.
// Nothing is sent, nothing is written; everything happens with the caller's rights.
#pragma once

#include <vector>

#include "pg/sql.hpp"
#include "store/mappings.hpp"
#include "worker/preview.hpp"

namespace tandem::worker {

// Actions: create, update (the other side has a record of the row), skip (the conditions leave it out), wait (the
// record that it refers to has not been sent yet), error. `record`: the values by their fields. Throws Failure when the
// mapping cannot be used as it is.
[[nodiscard]] std::vector<PreviewedRecord> preview_push(pg::Sql& sql, const store::MappingRow& row, std::size_t limit);

}  // namespace tandem::worker
