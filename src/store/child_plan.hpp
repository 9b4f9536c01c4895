// The SQL that makes the rows of a child table those of a page's arrays: made once per run.
// The arrays stand in two staged pages: one of the parents, one of the rows. Rows with a key
// are found by it; without one they are told apart by all that they hold, as often as they
// hold it. What is there already, equal, is left alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

inline constexpr std::string_view kParentsPage = "tandem_parents", kChildrenPage = "tandem_children";

struct ChildPlan {
  std::string name;  // lines[]
  pg::Table table;
  std::size_t keys = 0;                   // columns that hold the parent's key
  std::vector<pg::StagedColumn> parents;  // a1, a2, …: that key; n: the parent's number
  std::vector<pg::StagedColumn> rows;     // a1, …; as a WritePlan's c1, …, k2, …; n; e: the row's own number
  std::string find_parents;               // over the page of parents' rows, for ComputedRows: a1, …
  std::string any;                        // do these parents have a row?
  // Keyed: n of each row that went, or was changed; n, e of those that are missing.
  std::string remove, change, missing;
  // Not keyed: (n, e, false) of rows that are missing, (n, null, false) of those that are to go, (n, null, true) of
  // those that went.
  std::string replace;
  std::string insert;     // all rows of the page
  std::string left_over;  // n of parents whose rows are not as the page has them; writes nothing
  bool by_index = false;  // an index leads from a parent to its rows

  // How its statements are planned.
  [[nodiscard]] pg::Rows run(pg::Sql& sql, const std::string& statement) const;
};
// `mapping` is mapping_of(child). Throws Failure where the tables have changed.
[[nodiscard]] ChildPlan make_child_plan(pg::Sql& sql, const pg::Table& table, const WritePlan& parent,
                                        const core::ChildTable& child, const core::Mapping& mapping);

// Does an index begin with one of these columns?
[[nodiscard]] bool has_index_on(pg::Sql& sql, pg::Oid table, const std::vector<std::string>& columns);
[[nodiscard]] std::vector<std::string> parent_columns(const core::ChildTable& child);
// "t.order_id OPERATOR(pg_catalog.=) p.a1 AND …"
[[nodiscard]] std::string same_parent(const pg::Table& table, const core::ChildTable& child, std::string_view alias,
                                      std::string_view page);
// Columns of the parent's table as the child's have them: "t.id", "t.id::bigint".
[[nodiscard]] std::vector<std::string> parent_values(const pg::Table& table, const pg::Table& parent,
                                                     const core::ChildTable& child, std::string_view alias);

}  // namespace tandem::store
