// Records that did not go in become sync errors, in the page's own transaction: what
// failed, why, the record itself. One that failed before is seen again, not added again;
// one that goes in after all is resolved by that.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct RecordFault {
  core::RowFault fault;
  std::string origin_id;    // empty when the record has none
  std::string_view record;  // raw JSON
};

// Never fails because of a record: one that jsonb cannot hold is kept as text.
void record_faults(pg::Sql& sql, const RunSpec& spec, std::span<const RecordFault> faults);

// Origin ids of the mapping that have an unresolved error (at most `limit`).
[[nodiscard]] std::vector<std::string> open_faults(pg::Sql& sql, std::int64_t mapping, std::int64_t limit);
// `how`: what happened to them in this run.
void resolve_faults(pg::Sql& sql, const RunSpec& spec, const std::vector<std::string>& origin_ids,
                    std::string_view how = "the record went in");
// After a listing that showed all there is: of records that never went in and that it did not show any more.
void resolve_faults_of_gone(pg::Sql& sql, const RunSpec& spec);

}  // namespace tandem::store
