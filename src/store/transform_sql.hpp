// The part of a mapping's transforms that the database does (lookups, functions,
// expressions), as one query over the page's values. Every name in it is qualified; each
// step is a subquery of its own, so that it is evaluated once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"

namespace tandem::store {

inline constexpr std::string_view kValuesPage = "tandem_values";  // what the query selects from

struct ComputePlan {
  struct Column {
    std::size_t place = 0;      // among the mapping's columns
    std::string field, column;  // for messages
  };
  std::vector<Column> columns;           // that need it; none: there is nothing to do
  std::vector<pg::StagedColumn> source;  // c1, c2, …: their values; r: the record, where one looks at it; n
  std::vector<pg::StagedColumn> results;
  bool record = false;
  std::size_t keep_failed = 0;      // the mapping's columns, where the cells of rows that fail are asked for
  std::string query;                // n, what was not found as "place:text", the results
  std::vector<std::string> single;  // the same for each column alone
};
// As the owner of the mapping. Throws Failure when something that a step names is gone.
[[nodiscard]] ComputePlan make_compute_plan(pg::Sql& sql, const pg::Table& table, const core::Mapping& mapping,
                                            pg::Oid owner);

// The same for the way out: what the database does of "to_remote", over texts of local rows. Results are jsonb, which
// says what kind of value each is.
struct OutComputePlan {
  std::vector<ComputePlan::Column> columns;  // `place` is among push_columns
  std::vector<pg::StagedColumn> source;      // c1, c2, …: their texts; r: the row, where one looks at it; n
  bool record = false;
  std::string query;
  std::vector<std::string> single;
};
[[nodiscard]] OutComputePlan make_out_compute_plan(pg::Sql& sql, const core::Mapping& mapping, pg::Oid owner);

}  // namespace tandem::store
