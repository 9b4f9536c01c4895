// What becomes of a cell that holds a remote id, of a target's column or a child table's:
// the local key takes its place, or a fault says what it waits for, or that it is not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"
#include "core/mapping/mapping.hpp"
#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/references.hpp"

namespace tandem::worker {

// The local key of each row, by position; every id is asked for once. nullopt: no id, or no such row (yet).
using LocalKeys = std::vector<std::optional<std::string>>;
[[nodiscard]] LocalKeys local_keys_of(pg::Sql& sql, const store::ReferencePlan& reference,
                                      const core::RowBuilder::Converted& rows, std::size_t width);
// The key as the column's type; a fault when that does not take it.
[[nodiscard]] std::optional<core::RowFault> put_key(const store::ReferencePlan& reference,
                                                    const core::ColumnMapping& column, const std::string& key,
                                                    base::TextArena& arena, base::Cell& cell);
[[nodiscard]] core::RowFault waits_for(const store::ReferencePlan& reference, const core::ColumnMapping& column,
                                       std::string_view id);
[[nodiscard]] core::RowFault is_not_there(const store::ReferencePlan& reference, const core::ColumnMapping& column,
                                          std::string_view id);

// Of elements of arrays, all of a page: one whose referred row is missing is a fault, which holds its record back.
// `columns` are those that the plans count in.
void resolve_elements(pg::Sql& sql, const std::vector<store::ReferencePlan>& references,
                      const std::vector<core::ColumnMapping>& columns, base::TextArena& arena,
                      core::RowBuilder::Converted& elements);

}  // namespace tandem::worker
