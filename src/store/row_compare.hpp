// The table compared with a page of rows as a full run would write them, as the owner and
// without writing anything; and which rows of the table a listing has not shown. Behind
// verify_now. Statements are made once per run, over the same staged page as the writing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/child_writer.hpp"
#include "store/row_filters.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

struct ComparePlan {
  std::string absent;       // n, local key: rows that the table does not have; empty: this mode would not insert them
  std::string differences;  // n, local key, column, local and remote value; empty: this mode would not update
  std::string shown;        // the rows of the table that the page's rows stand for, as hashes of their keys
  std::string rows_between, keys_between;  // the same of a part of the table; local keys of some of them
  std::vector<std::string> parameters;     // of these two
  bool stamped = false;                    // rows say whose they are
  std::string blocks;                      // how large the table is
  std::string standing;                    // n, is it absent, does it differ, local key: of every row of the page
};
[[nodiscard]] ComparePlan make_compare_plan(const WritePlan& write, const core::Mapping& mapping);

struct Difference {
  enum class Kind { missing_here, missing_there, differs, unusable };
  Kind kind = Kind::differs;
  std::size_t row = 0;  // position in the batch
  std::string origin_id;
  std::optional<std::string> local_key;  // a JSON object
  std::string column;
  std::optional<std::string> local, remote;
  std::string message;
};

struct Comparison {
  std::vector<Difference> differences;
  std::vector<std::int64_t> shown;
};
// `rows`: positions in the batch. A row that the column types refuse is unusable.
void compare_rows(pg::Sql& sql, const WritePlan& write, const ComparePlan& plan, const Batch& batch,
                  const std::vector<std::size_t>& rows, Comparison& out);

// The same for child tables: rows whose children are not those of their arrays. A difference's column is the array.
void compare_children(pg::Sql& sql, const WritePlan& write, const Batch& batch, const ChildBatch& children,
                      const std::vector<std::size_t>& rows, Comparison& out);

// What a page's rows are to the table before they are written, by position in the batch. A row that the column types
// refuse has none.
struct Standing {
  bool absent = false, differs = false;
  std::string local_key;
};
[[nodiscard]] std::vector<Standing> standing_of(pg::Sql& sql, const WritePlan& write, const ComparePlan& plan,
                                                const Batch& batch, std::size_t rows);

[[nodiscard]] std::int64_t table_blocks(pg::Sql& sql, const ComparePlan& plan);
// Hashes of the keys of the rows in some blocks of the table, and the local keys of those among them.
[[nodiscard]] std::vector<std::int64_t> hashes_between(pg::Sql& sql, const ComparePlan& plan, std::int64_t first,
                                                       std::int64_t end);
[[nodiscard]] std::vector<std::string> keys_between(pg::Sql& sql, const ComparePlan& plan, std::int64_t first,
                                                    std::int64_t end, const std::vector<std::int64_t>& hashes);

}  // namespace tandem::store
