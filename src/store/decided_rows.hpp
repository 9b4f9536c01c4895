// What a person has decided about a row, written into the user's table as the current user:
// values come as JSON, texts as Postgres prints them or as JSON has them.
#pragma once

#include <string>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// Which of these rows are there; all keys name the same columns, of a unique index (else: none).
[[nodiscard]] std::vector<bool> rows_there(pg::Sql& sql, const pg::Table& table, const std::vector<std::string>& keys);
// `key`: {"id": "5"}; `values`: {"column": value}. False: there is no such row (any more).
bool update_decided(pg::Sql& sql, const pg::Table& table, const std::string& key, const std::string& values);
// The row of a record that is gone there, as the mapping's delete_mode says.
void delete_decided(pg::Sql& sql, const pg::Table& table, const core::Mapping& mapping, const std::string& key);
// What is not given gets its default. Gives the row's key, of these columns.
[[nodiscard]] std::string insert_decided(pg::Sql& sql, const pg::Table& table, const std::string& values,
                                         const std::vector<std::string>& row_key);

}  // namespace tandem::store
