// Which mappings go before which: kept with each mapping, so that taking runs costs a look
// at its own row. Worked out anew for the whole tenant whenever a mapping is made, changed
// or dropped, if there are references at all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

// A mapping as it is now refers to these.
void order_mapping(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id,
                   const std::vector<std::string>& refers_to);
void order_mappings(pg::Sql& sql, std::int64_t tenant_id);

// Of two mappings, one of which refers to the other: whether they refer to each other (or are the same).
[[nodiscard]] bool same_rank(pg::Sql& sql, std::int64_t one, std::int64_t other);

// Whether somebody's pending run may be waiting for the mapping of this one.
[[nodiscard]] bool holds_up_others(pg::Sql& sql, const RunSpec& spec);

}  // namespace tandem::store
