// A mapping as it is stored, read against its table as that is now: for functions that look
// at its columns without running it.
#pragma once

#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/mappings.hpp"

namespace tandem::api {

struct StoredMapping {
  pg::Table table;
  core::Target target;
  core::Mapping mapping;  // its stamps are filled in
};
// Throws Failure when the table is gone, or the mapping is not what it was.
[[nodiscard]] StoredMapping stored_mapping(pg::Sql& sql, const store::MappingRow& row);

}  // namespace tandem::api
