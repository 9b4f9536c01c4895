// The statements that write a page, as EXPLAIN sees them, and what they touch besides
// their own table. In a subtransaction of the caller, who rolls it back.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

struct ExplainedStatement {
  const char* what;  // "rows that differ"
  std::string sql;
  std::vector<std::string> plan;  // the lines of EXPLAIN
};

// Planned for a page of that many rows; nothing is run.
[[nodiscard]] std::vector<ExplainedStatement> explain_statements(pg::Sql& sql, const WritePlan& plan, bool first_load,
                                                                 std::size_t rows);
// Run over these rows, and measured. Throws pg::Error when one of them is refused.
[[nodiscard]] std::vector<ExplainedStatement> run_explained(pg::Sql& sql, const WritePlan& plan, bool first_load,
                                                            std::span<const base::Cell> cells, std::size_t rows);

struct Touched {
  std::vector<std::string> partitions, triggers;  // "t_2024", "audit (AFTER INSERT OR UPDATE)"
};
[[nodiscard]] Touched touched_by_writes(pg::Sql& sql, const pg::Table& table);

}  // namespace tandem::store
