// Option status_columns: what is wrong with a record, on the row that it did not change.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/value.hpp"
#include "pg/sql.hpp"
#include "store/write_plan.hpp"

namespace tandem::store {

struct FailedRow {
  std::vector<base::Cell> key;  // in the order of WritePlan::key_columns
  std::string_view message;
};

// As the owner. A row that cannot take it (a trigger refuses, somebody holds it) stays as it is: the error stands in
// sync_errors all the same.
void mark_failed(pg::Sql& sql, const WritePlan& plan, std::string_view last_error, std::span<const FailedRow> rows);

}  // namespace tandem::store
