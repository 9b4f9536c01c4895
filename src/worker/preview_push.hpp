// preview_mapping of a mapping that pushes: what a push would do about the changes that wait
// and about the first rows of the table, with the requests that it would send. Nothing is
// sent, nothing is written; everything happens with the caller's rights.
#pragma once

#include <vector>

#include "pg/sql.hpp"
#include "store/mappings.hpp"
#include "worker/preview.hpp"

namespace tandem::worker {

// Actions: create, update, upsert, delete, unchanged (the other side has it as it is), skip (the conditions leave it
// out, or it is not to be told), wait (the record that it refers to has not been sent yet), error. `record`: the values
// by their fields; `request`: in the row of its first record, the others name it. `rows`: of the table as well, behind
// what waits. Throws Failure when the mapping cannot be used as it is.
[[nodiscard]] std::vector<PreviewedRecord> preview_push(pg::Sql& sql, const store::MappingRow& mapping,
                                                        std::size_t limit, bool rows);

}  // namespace tandem::worker
