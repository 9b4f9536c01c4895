// The constraints of a target table that can be asked about a whole page before it is
// written: CHECKs, foreign keys and unique indexes all of whose columns are mapped. What
// else there is (exclusion constraints, partial indexes, policies, triggers, tables that
// the owner may not read) shows only when rows are written.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pg/sql.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

// Positions are those of WritePlan::columns.
struct CheckFact {
  std::string name;
  std::string expression;  // over the bare column names, as printed under the engine's search_path
  std::vector<std::size_t> columns;
};

struct ReferenceFact {
  std::string name;
  std::string referenced;                     // quoted
  std::vector<std::string> referenced_names;  // its columns, quoted
  std::vector<std::string> equals;            // referenced OPERATOR(…) ours
  std::vector<std::size_t> columns;
  bool to_itself = false;
  std::vector<std::size_t> provided_by;  // to itself: where the referenced columns stand; empty: not all are mapped
};

struct UniqueFact {
  std::string name;
  std::vector<std::string> names;   // its columns, quoted
  std::vector<std::string> equals;  // between two of the column's values
  std::vector<std::size_t> columns;
  bool at_once = true;          // looked at row by row: DEFERRABLE ones only at the end of the statement or later
  std::size_t may_be_null = 0;  // 1 + index of a column that takes NULL; 0: none
};

struct Constraints {
  std::vector<CheckFact> checks;  // in the order in which Postgres looks at them
  std::vector<ReferenceFact> references;
  std::vector<UniqueFact> unique;  // without the one that finds the rows
};

// Read anew for each page that needs them: somebody may have dropped one in between.
[[nodiscard]] Constraints read_constraints(pg::Sql& sql, const WritePlan& plan);

}  // namespace tandem::store
