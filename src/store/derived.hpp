// Contracts that are not stored: of a pull that deletes nothing, whose key is a unique key
// of the target, and that compares with the target itself, every row says what its contract
// would. View contracts shows them by a statement that is run as whoever asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/rows/local_key.hpp"
#include "core/mapping/mapping.hpp"
#include "pg/sql.hpp"
#include "store/mappings.hpp"

namespace tandem::store {

// `keys`: nullopt when rows are found by what only the database can compute.
[[nodiscard]] bool contracts_are_derived(const core::Mapping& mapping, const core::Object& object,
                                         const std::optional<core::LocalKey>& keys);
// The local key of a mapping whose columns are stamped already; key and match_on are filled in.
[[nodiscard]] std::optional<core::LocalKey> local_key_of(const core::Mapping& mapping, const core::Target& target);

// Whether the contracts of a mapping are derived; of one that could not run any more they are not.
[[nodiscard]] bool derives_contracts(pg::Sql& sql, const MappingRow& row);
// Reads (origin_id text, local_key jsonb) of its rows, and is to be run as the caller. nullopt: they are stored, or the
// caller may not read the table.
[[nodiscard]] std::optional<std::string> derived_contracts(pg::Sql& sql, const MappingRow& row);

}  // namespace tandem::store
