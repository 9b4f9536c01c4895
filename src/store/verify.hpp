// What a verification finds out, as rows: differences, of which the first are kept and all
// are counted, and which rows of the table the listing has shown. In the page's transaction,
// as counters are; it writes nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pg/function_call.hpp"
#include "pg/sql.hpp"
#include "store/row_compare.hpp"
#include "store/runs.hpp"

namespace tandem::store {

// The one that waits or runs, or a new one.
[[nodiscard]] std::int64_t request_verify(pg::Sql& sql, std::int64_t mapping_id);

// Do rows of other mappings stand in the same table, with nothing in them that says whose they are?
[[nodiscard]] bool shares_table(pg::Sql& sql, const RunSpec& spec);

// How many are recorded already.
[[nodiscard]] std::int64_t differences_so_far(pg::Sql& sql, const RunSpec& spec);
void record_differences(pg::Sql& sql, const RunSpec& spec, const std::vector<Difference>& differences);
void keep_shown(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& hashes);
// Records that could not be compared are there, too: their rows, as far as an id says which they are.
void keep_unusable_shown(pg::Sql& sql, const RunSpec& spec, const WritePlan& write, const core::Mapping& mapping,
                         const std::vector<Difference>& differences);
// Those of `hashes` that no page has shown.
[[nodiscard]] std::vector<std::int64_t> not_shown(pg::Sql& sql, const RunSpec& spec,
                                                  const std::vector<std::int64_t>& hashes);
// The listing was read to its end; the table is looked through from a block on. Fenced like a page.
[[nodiscard]] Accounted account_verified(pg::Sql& sql, const RunSpec& spec, const base::Json& position);
// What it was remembered by is not needed any more.
void forget_shown(pg::Sql& sql, const RunSpec& spec);

// Rows of run_differences().
[[nodiscard]] std::vector<std::vector<pg::Out>> list_differences(pg::Sql& sql, std::int64_t run);

}  // namespace tandem::store
