// Rows into the user's table, as the owner: one set-based statement per page, touching
// only rows that really change; when a page fails because of some of its rows, those are
// found by halving under savepoints and reported, and the others go in. All generated SQL
// on user tables is made here; it names columns and operators explicitly and takes values
// only through the staged page.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "core/mapping.hpp"
#include "core/rows.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"

namespace tandem::store {

// How rows of one run are written. Made once per run.
struct WritePlan {
  pg::Table table;
  std::vector<pg::StagedColumn> staged;  // c1, c2, … of the types of the mapped columns
  std::string insert_all;                // append, and the first load of an empty table
  std::string insert_new;                // rows whose key is not there; empty: this mode does not insert
  std::string update_changed;            // rows that are there and differ; empty: this mode does not update
  std::string kept_out;                  // rows of the page that the table does not have like that: swallowed
  bool keyed = true;
  std::string is_empty;  // does the table have no row at all?
};
[[nodiscard]] WritePlan make_write_plan(const pg::Table& table, const core::Mapping& mapping,
                                        const std::vector<std::string>& match_columns);

struct WriteResult {
  std::uint64_t created = 0, updated = 0;
  std::uint64_t unchanged = 0;         // there already, equal (or not to be touched in this mode)
  std::vector<std::size_t> swallowed;  // rows a trigger or policy kept out; positions in the batch
  std::vector<core::RowFault> faults;  // `record` is the position in the batch
};

// Writes a batch (cells: rows × staged columns). Throws pg::Error for what is not one row's fault.
class RowWriter {
 public:
  // `first_load`: the table was empty when the run began; becomes false when that no longer helps.
  RowWriter(pg::Sql& sql, const WritePlan& plan, bool& first_load) : sql_(sql), plan_(plan), first_load_(first_load) {}
  WriteResult write(std::span<const base::Cell> cells, std::size_t rows);

 private:
  void retry_orphans(WriteResult& result);
  void write_range(std::size_t first, std::size_t count, WriteResult& result);
  void write_first_load(std::size_t first, std::size_t count, WriteResult& result);
  void write_keyed(std::size_t first, std::size_t count, WriteResult& result);
  std::uint64_t update_changed();
  std::uint64_t note_kept_out(WriteResult& result);
  void stage(pg::StagedPage& page, std::size_t first, std::size_t count);

  pg::Sql& sql_;
  const WritePlan& plan_;
  bool& first_load_;
  std::span<const base::Cell> cells_;
};

[[nodiscard]] bool table_is_empty(pg::Sql& sql, const WritePlan& plan);

}  // namespace tandem::store
