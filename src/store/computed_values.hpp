// Lets the database do its part of the transforms for a page of converted rows, as the
// owner of the mapping. Rows whose SQL fails are found by trial under savepoints and
// become faults; for all others it has run once when the page is written.
#pragma once

#include <optional>
#include <vector>

#include "core/rows/rows.hpp"
#include "pg/computed_rows.hpp"
#include "pg/error.hpp"
#include "store/transform_sql.hpp"

namespace tandem::store {

class ComputedValues {
 public:
  ComputedValues(pg::Sql& sql, const ComputePlan& plan) : sql_(sql), plan_(plan) {}
  ComputedValues(pg::Sql& sql, const ComputePlan& plan, core::RowBuilder::Converted& rows) : ComputedValues(sql, plan) {
    fill_in(rows);
  }
  // Puts the results into the cells of `rows`, which hold as long as this lives, and moves rows that fail to its
  // faults. Throws pg::Error for what is not one row's fault.
  void fill_in(core::RowBuilder::Converted& rows);

 private:
  void keep_failed(std::size_t row);
  void try_rows(std::size_t first, std::size_t count);
  pg::ComputedRows run(const std::string& query, std::span<const pg::StagedColumn> results, std::size_t first,
                       std::size_t count);
  core::RowFault fault_of(const pg::Error& error, std::size_t row);
  std::size_t culprit(std::size_t row);
  core::RowFault fault_at(std::size_t column, std::string_view message) const;

  pg::Sql& sql_;
  const ComputePlan& plan_;
  core::RowBuilder::Converted* rows_ = nullptr;
  std::size_t width_ = 0;
  std::vector<pg::ComputedRows> parts_;
  std::vector<std::optional<core::RowFault>> faults_;
};

}  // namespace tandem::store
