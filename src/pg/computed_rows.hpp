// Values that the database computes for the columns of a page, kept as Datums until the
// page is written: a query runs once, in the session of the mapping's owner, and its
// results become cells. Assigned as INSERT would: a text that is too long for varchar(n)
// is an error, numeric(p,s) rounds, a domain's checks are made.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/value.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"

namespace tandem::pg {

class ComputedRows {
 public:
  // The query gives the number of the row (int4), text or null, then one column for each of `columns`, whose type
  // is its type, or the base type of its domain. Must not outlive the transaction; a savepoint it may.
  // `by_index`: it looks into a big table for what a small page says.
  ComputedRows(Sql& sql, std::string_view query, std::span<const StagedColumn> columns, bool by_index = false);
  ~ComputedRows();
  ComputedRows(ComputedRows&&) noexcept;
  ComputedRows& operator=(ComputedRows&&) = delete;

  [[nodiscard]] std::size_t rows() const noexcept;
  [[nodiscard]] std::size_t number(std::size_t row) const noexcept;
  [[nodiscard]] const char* fault(std::size_t row) const noexcept;  // nullptr: none
  // For StagedPage of the same columns, as long as this lives.
  [[nodiscard]] base::Cell cell(std::size_t row, std::size_t column) const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::pg
