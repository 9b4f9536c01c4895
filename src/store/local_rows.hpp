// Local rows as a push sees them: read by their row keys, as the owner, by index, with every
// value as text that does not depend on the session's settings. Keys come and go as the
// JSON objects that outbox items hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"

namespace tandem::store {

// Made once per run.
struct LocalRowPlan {
  std::vector<std::string> key;      // the row key
  std::vector<std::string> columns;  // what is asked of each row
  std::vector<pg::StagedColumn> staged;
  bool record = false;  // behind the columns the whole row as a JSON object
  std::string read;
  // Of the rows of a query (store/source.hpp): what `read` gives, staged as kFoundRows, and how it is printed, with the
  // row's hash behind all else. And the same of all its rows, which become a key ({"id": "5"}, as jsonb) and that hash.
  std::vector<pg::StagedColumn> found, all_found;
  std::string print, all, identify;
};
inline constexpr std::string_view kFoundRows = "tandem_found_rows";
[[nodiscard]] LocalRowPlan make_local_row_plan(const pg::Table& table, const std::vector<std::string>& key,
                                               std::vector<std::string> columns, bool record = false);

using Texts = std::vector<std::optional<std::string>>;

// Beside the keys ({"id": "5"}): the texts of plan.columns (money as the number it is), of a query also the hash;
// nullopt: there is no such row, or the owner does not see it.
[[nodiscard]] std::vector<std::optional<Texts>> read_local_rows(pg::Sql& sql, const LocalRowPlan& plan,
                                                                const std::vector<std::string>& keys);

// The keys of the first rows of the table, in their order; a foreign table's as they come.
[[nodiscard]] std::vector<std::string> first_keys(pg::Sql& sql, const pg::Table& table,
                                                  const std::vector<std::string>& key, std::size_t limit);

// The members of a key object that `columns` name; nullopt: one is missing. JSON null is null.
[[nodiscard]] std::optional<Texts> texts_of_key(std::string_view key, const std::vector<std::string>& columns);

}  // namespace tandem::store
