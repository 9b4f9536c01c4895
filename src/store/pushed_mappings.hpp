// The mappings that push a table, as those who unfold its captured changes need them: one
// takes the entries of a table away for all of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/mapping/mapping.hpp"
#include "core/push/captured.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/connections.hpp"
#include "store/mappings.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct PushedMapping {
  std::int64_t mapping_id = 0, tenant_id = 0;
  pg::Oid owner = pg::kInvalidOid;
  core::CaptureKey key;
  std::vector<std::string> match_columns;   // that a contract is found by
  std::vector<std::string> origin_columns;  // those, where they hold the id that the other side has given; else empty
  base::Micros settle = 0;
};

// As it was defined. Throws Failure when it no longer fits its table and object.
[[nodiscard]] core::Mapping read_mapping(const MappingRow& row, const Connection& connection,
                                         const core::Target& target);
// Another text: another answer of pushed_mappings. Keeps them as they are until the transaction ends.
[[nodiscard]] std::string pushed_mappings_version(pg::Sql& sql, pg::Oid table);
[[nodiscard]] std::vector<PushedMapping> pushed_mappings(pg::Sql& sql, const pg::Table& table);
// The same of one mapping, whose rows `source` has; of a query, too. Throws Failure where its definition will not do.
[[nodiscard]] PushedMapping pushed_mapping(pg::Sql& sql, const MappingRow& row, const pg::Table& source);

// The match columns that hold the fields by which the other side tells its records apart; empty: they do not all.
[[nodiscard]] std::vector<std::string> origin_columns(const core::Mapping& mapping,
                                                      const std::vector<std::string>& key);

// Of a mapping that pushes, its stamps filled in: how its rows are told in the entries of its table.
[[nodiscard]] core::CaptureKey capture_key(const core::Mapping& mapping, const pg::Table& table,
                                           const core::Target& target, std::int64_t mapping_id);

}  // namespace tandem::store
