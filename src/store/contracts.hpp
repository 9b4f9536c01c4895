// What was last seen of each record at the source: (origin id, hash) per mapping. The
// gate in front of a page: records whose hash is the stored one are not converted, not
// compared, not written, and cost no WAL. Kept for full listings; incremental pulls
// derive what they need from the target itself.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/rows.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// Those of `rows` that are new or differ from what is stored, in their order.
[[nodiscard]] std::vector<core::Identity> changed_since_last_seen(pg::Sql& sql, std::int64_t mapping,
                                                                  std::span<const core::Identity> rows);
// Remembers `rows` as last seen.
void remember(pg::Sql& sql, std::int64_t mapping, std::span<const core::Identity> rows);

// Nothing was seen: the next listing writes everything.
void forget_all(pg::Sql& sql, std::int64_t mapping);

}  // namespace tandem::store
