// Rows out of the user's table, as the owner, by key: deleted, or marked by the columns
// that say so. When some of them may not go (a foreign key points at them, a trigger
// objects), those are found by halving under savepoints and reported; the others go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"
#include "core/mapping/mapping.hpp"
#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

inline constexpr std::string_view kGone = "tandem_gone";  // the page of keys

// Made once per run.
struct DeletePlan {
  std::vector<pg::StagedColumn> staged;  // k1, k2, …: the match columns; s1, …: values of soft deletion; n
  std::size_t keys = 0;
  std::vector<base::Cell> values;  // of s1, …
  base::TextArena text;            // of these
  std::string statement;           // gives n
  bool by_index = true;            // how that is planned
  std::string still_there;         // those of the page that are as they were
  std::string same_key;            // of the table as t and the page as p
};
// A child table whose rows go with those that they belong to, unless the database sees to that itself.
struct DeletedWith {
  const pg::Table* table;
  const core::ChildTable* child;
  bool by_index;
};
[[nodiscard]] DeletePlan make_delete_plan(const pg::Table& table, const core::Mapping& mapping,
                                          const core::Target& target, const std::vector<std::string>& match_columns,
                                          std::span<const DeletedWith> children = {});

// Into page kGone (of plan.staged), which the statements speak of as p; `keys`: rows × plan.keys cells, `first` counts
// rows. Calls ready().
void stage_keys(pg::StagedPage& page, const DeletePlan& plan, std::span<const base::Cell> keys, std::size_t first,
                std::size_t count);

// How messages of faults begin.
inline constexpr std::string_view kCannotGo = "its record is gone, but the row cannot go: ";
struct DeleteResult {
  std::int64_t deleted = 0;            // rows
  std::vector<std::size_t> kept;       // a trigger or a policy kept them, without a word; positions in the batch
  std::vector<core::RowFault> faults;  // `record` is the position in the batch
};
// The key's columns take different texts for one in a way that only the database knows.
[[nodiscard]] bool equals_other_texts(pg::Sql& sql, const DeletePlan& plan);
// `keys`: rows × plan.keys cells. Throws pg::Error for what is not one row's fault.
[[nodiscard]] DeleteResult delete_rows(pg::Sql& sql, const DeletePlan& plan, std::span<const base::Cell> keys,
                                       std::size_t rows);

}  // namespace tandem::store
