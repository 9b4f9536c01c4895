// The statements that write a child table, as EXPLAIN sees them: planned for pages of a
// size, or run over a page's arrays, in ChildWriter's order, in a subtransaction of the
// caller, who rolls it back.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "pg/sql.hpp"
#include "store/child_writer.hpp"
#include "store/explain.hpp"

namespace tandem::store {

// Planned for so many records with so many elements in all; nothing is run.
[[nodiscard]] std::vector<ExplainedStatement> explain_child(pg::Sql& sql, const ChildPlan& plan, std::size_t records,
                                                            std::size_t elements);
// Run for these rows, which are in, and measured: by table, in the order of the batch. Empty: no record has the array.
// Throws pg::Error when a row is refused.
using ExplainedTables = std::vector<std::vector<ExplainedStatement>>;
[[nodiscard]] ExplainedTables run_children_explained(pg::Sql& sql, const WritePlan& parent,
                                                     std::span<const base::Cell> cells, const ChildBatch& batch);

// Of one table of the batch, whose rows are staged as kStagedPage.
[[nodiscard]] std::vector<ExplainedStatement> write_explained(pg::Sql& sql, const ChildBatch& batch, std::size_t table,
                                                              std::span<const std::size_t> rows);

// For who runs them: those that make what is there fit, and the one that brings what is missing.
[[nodiscard]] std::vector<ExplainedStatement> explain_settling(pg::Sql& sql, const ChildPlan& plan,
                                                               std::string_view explain);
[[nodiscard]] ExplainedStatement explain_insert(pg::Sql& sql, const ChildPlan& plan, std::string_view explain);

}  // namespace tandem::store
