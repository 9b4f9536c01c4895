// The rows of a source_query held against what the other side has acknowledged of them, by
// one statement over sets: keys and hashes of the rows, staged as the owner sees them, and
// the contracts of the mapping. What differs becomes items of the outbox, or waits for a
// person, as the engine decides (core/push/comparison.hpp).
#pragma once

#include <cstdint>

#include "core/push/comparison.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"
#include "store/local_rows.hpp"
#include "store/runs.hpp"

namespace tandem::store {

// What contracts remember of a row: it was sent as it was then, under that definition.
[[nodiscard]] constexpr std::int64_t remembered_hash(std::int64_t row, std::int64_t definition_version) noexcept {
  return row ^ definition_version;
}

class SourceComparison {
 public:
  // Runs the query, as the current user, and compares. `deletes`: rows that are gone matter. `sql` must outlive this.
  SourceComparison(pg::Sql& sql, const LocalRowPlan& rows, const RunSpec& spec, bool deletes);

  [[nodiscard]] const core::Comparison& found() const noexcept { return found_; }
  // Makes items of what is new, changed and, for so many, gone; the rest of that waits in _pending_delete. Items that
  // are under way stay as they are; what was parked goes again only if its row is another one by now.
  void put(std::int64_t removes);

 private:
  void compare(const LocalRowPlan& rows, bool deletes);
  void count();

  pg::Sql& sql_;
  const RunSpec& spec_;
  pg::StagedPage difference_;
  core::Comparison found_;
};

}  // namespace tandem::store
