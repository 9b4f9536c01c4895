// References turned around: a column that holds the key of another mapping's row goes out as the
// id of that row's record. Known from the contracts of that mapping, or where the id stands in
// the row itself. What has no record yet is told, so that the change can wait for it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "core/rows/rows.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/local_rows.hpp"

namespace tandem::store {

struct WayReference {
  std::size_t place = 0;  // among push_columns
  std::string field, column;
  core::Reference reference;
  std::int64_t parent_id = 0;
  base::ColumnType id_type;              // of what is sent: that of the column with the id, else text
  std::vector<pg::StagedColumn> staged;  // the key, n
  std::string find;                      // n, the id's text or nothing, the columns that find the contract
  std::vector<std::string> known_by;     // these
  bool id_in_row = false;
  bool acknowledged = false;  // the other mapping sends its ids: only what a contract knows is there
};
// As the owner. Throws Failure when a mapping that is referred to cannot be used.
[[nodiscard]] std::vector<WayReference> make_way_references(pg::Sql& sql, std::int64_t tenant_id,
                                                            const core::Mapping& mapping, pg::Oid owner);

// Replaces the keys among the push columns' texts by ids. A row that has to wait is a fault with `waits_for` and, as
// `waits_for_id`, the local key of the row it waits for (JSON text). `record`: its position.
[[nodiscard]] std::vector<core::RowFault> turn_references(pg::Sql& sql, const std::vector<WayReference>& references,
                                                          std::vector<std::optional<Texts>>& rows);

}  // namespace tandem::store
