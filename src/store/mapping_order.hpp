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

// Whom the end of a run may concern, beside its own mapping. Most mappings stand alone.
struct Relatives {
  bool after = false;    // mappings of the tenant run after others
  bool refer = false;    // mappings refer to this one, and may wait for it
  bool records = false;  // records wait for others: of this mapping, or of one with a foreign key to its table
};
// In the transaction that closes the run: locks the mapping's row, so that of two that wait for each other and end at
// the same time, one sees what the other one did.
[[nodiscard]] Relatives lock_and_look_for_relatives(pg::Sql& sql, const RunSpec& spec);

// The same for many runs and the names of their mappings, without waiting for anybody: of those whose end concerns
// nobody else and that nobody wants once more, locks run and mapping, and gives the runs. Who is held is left out.
[[nodiscard]] std::vector<std::int64_t> lock_those_without_relatives(pg::Sql& sql,
                                                                     const std::vector<std::int64_t>& runs,
                                                                     const std::vector<std::string>& names);

// Whether somebody's pending run may be waiting for the mapping of this one.
[[nodiscard]] bool holds_up_others(pg::Sql& sql, const RunSpec& spec);

}  // namespace tandem::store
