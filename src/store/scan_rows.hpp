// The rows of a captured table in the order of their key, as if each had changed: for a push
// that begins with what is there, or is asked to look at everything again. Keyset paging,
// so that a table of any size is passed through with little memory, and from any place.
#pragma once

#include <optional>
#include <vector>

#include "base/json.hpp"
#include "core/push/captured.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

struct ScannedRows {
  std::vector<core::RowChange> rows;
  std::optional<base::Json> next;  // {"after": [texts of the last key]}; nullopt: that was all
};
// As the owner. `position`: what `next` was, or {}.
[[nodiscard]] ScannedRows scan_rows(pg::Sql& sql, const pg::Table& table, const core::CaptureKey& key,
                                    const base::Json& position);

}  // namespace tandem::store
