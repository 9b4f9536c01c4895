// The SQL that writes a page of one run into the user's table: made once per run. All
// generated SQL on user tables is made here; it names columns and operators explicitly
// and takes values only through the staged page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"

namespace tandem::store {

inline constexpr std::string_view kStagedPage = "tandem_page";  // what the statements select from

// A column that decides whether a row differs: as the table has it, and as the page has it.
struct ComparedColumn {
  std::string name, local, remote;
};

// How rows of one run are written. Made once per run.
struct WritePlan {
  pg::Table table;
  std::vector<pg::StagedColumn> staged;  // c1, c2, … of the mapped columns; k2, …: keep column 2; n: the row's number
  std::vector<std::string> columns;      // those that c1, c2, … go to
  std::vector<std::size_t> key_columns;  // which of them find a row, in the order of the index; keyed only
  std::vector<std::string> key_equals;   // their operators
  std::vector<ComparedColumn> compared;
  std::string insert_all;      // append, and the first load of an empty table
  std::string look;            // rows that are not there, or differ: all others need no write
  std::string insert_new;      // rows whose key is not there; empty: this mode does not insert
  std::string insert_absent;   // the same of a page none of whose rows were there a moment ago
  std::string update_changed;  // rows that are there and differ; empty: this mode does not update
  std::string kept_out;        // rows of the page that the table does not have like that: swallowed
  std::string to_be_written;   // rows that these statements would touch; empty: all
  bool keyed = true;
  bool leaves_existing = false;  // write_mode insert: what is there already stays as it is
  bool in_key_order = false;     // rows may be written in the order of their keys, which is cheaper
  std::string is_empty;          // does the table have no row at all?

  // "t.id OPERATOR(pg_catalog.=) p.c1 AND …": never an operator that is looked up by name.
  [[nodiscard]] std::string same_key(std::string_view table_alias, std::string_view page_alias) const;
};
// The mapped columns in the statements of a table t and a staged page p.
struct ColumnLists {
  std::string names, staged;           // "a", "b" and c1, c2
  std::string assignments;             // "b" = p.c2: without the key
  std::string old_values, new_values;  // t."b" and p.c2
  std::vector<ComparedColumn> compared;
};
[[nodiscard]] ColumnLists column_lists(const core::Mapping& mapping, const std::vector<std::string>& key);
// c1, c2, …; k2, …: whether column 2 is to be kept. `columns` are those that they go to.
void stage_columns(const pg::Table& table, const core::Mapping& mapping, std::vector<pg::StagedColumn>& staged,
                   std::vector<std::string>& columns);

[[nodiscard]] std::string staged_name(std::size_t column);
[[nodiscard]] WritePlan make_write_plan(const pg::Table& table, const core::Mapping& mapping,
                                        const std::vector<std::string>& match_columns);

// The unique key on exactly these columns; Failure when there is none (any more).
[[nodiscard]] const pg::UniqueKey& unique_key(const pg::Table& table, const std::vector<std::string>& columns);

[[nodiscard]] bool table_is_empty(pg::Sql& sql, const WritePlan& plan);

}  // namespace tandem::store
