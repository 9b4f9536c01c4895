// Option stamp: local columns that have no remote field, filled in by us, so that many
// mappings, of one or many tenants, may share a table. What says whose row it is
// (tenant, connection, mapping) is part of the row's key.
#pragma once

#include <cstdint>
#include <string>

#include "core/mapping/mapping.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

// {"tenant_id": "tenant", "synced_at": "now"}: appends to mapping.columns.
void read_stamps(ObjectReader& options, Mapping& mapping);
// Those that are part of the row's key.
[[nodiscard]] std::vector<std::string> stamped_key(const Mapping& mapping);
// Whether its column can hold it.
void check_stamp(const ColumnMapping& mapped, const TargetColumn& column, Findings& findings);

struct Named {
  std::int64_t id = 0;
  std::string name, uuid;
};
struct StampValues {
  Named tenant, connection, mapping;
  std::int64_t run = 0;
};
// Gives those that are the same for the whole run their value: a name as text, the uuid, or the number, as the column
// has it.
void fill_stamps(Mapping& mapping, const Target& target, const StampValues& values);

}  // namespace tandem::core
