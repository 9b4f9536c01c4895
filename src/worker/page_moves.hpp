// Rows that follow their records: where rows are found by other columns than those of the
// record's key (match_on), the contract knows which row a record has. When these columns
// change at the source, the row gets their new values before the page is written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "store/row_mover.hpp"
#include "store/row_writer.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

class PageMoves {
 public:
  // Of the rows that are to be written. A row that is another record's, too, stays where it is.
  PageMoves(pg::Sql& sql, const PullPlan& plan, LoadedPage& loaded, const core::RowBuilder::Converted& rows);

  [[nodiscard]] store::RowMoves* to_write() noexcept { return moves_.keys.empty() ? nullptr : &moves_; }
  [[nodiscard]] bool moved(std::size_t row) const;
  [[nodiscard]] const std::vector<std::size_t>& rows() const noexcept { return rows_; }  // that may move
  // After writing: rows whose records have found others are what a deleted record's is, unless a record of the page has
  // them now. Gives how many went.
  std::int64_t delete_left(pg::Sql& sql, const PullPlan& plan, const store::WriteResult& written);

 private:
  void add(std::size_t row, std::string old_key, std::span<const base::Cell> before, std::span<const base::Cell> now);
  void leave_shared(pg::Sql& sql, const PullPlan& plan, const core::RowBuilder::Converted& rows);

  store::RowMoves moves_;
  std::vector<std::size_t> rows_;             // per entry
  std::vector<std::string> old_keys_;         // per entry: fingerprints
  std::unordered_set<std::string> new_keys_;  // of all rows of the page
};

}  // namespace tandem::worker
