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
  // them now. No run looks at them again: what cannot go becomes an error that a person settles.
  struct Left {
    std::int64_t deleted = 0;
    std::size_t failed = 0, kept_out = 0;  // kept_out: by a trigger or a policy, without a word
  };
  Left delete_left(pg::Sql& sql, const PullPlan& plan, const store::WriteResult& written,
                   const core::RowBuilder::Converted& rows);

 private:
  struct Old {
    std::string print;   // of the key
    std::string stored;  // {"email": "ann@example.com"}
  };
  void add(std::size_t row, Old old, std::span<const base::Cell> before, std::span<const base::Cell> now);
  void leave_shared(pg::Sql& sql, const PullPlan& plan, const core::RowBuilder::Converted& rows);

  store::RowMoves moves_;
  std::vector<std::size_t> rows_;             // per entry
  std::vector<Old> old_;                      // per entry
  std::unordered_set<std::string> new_keys_;  // of all rows of the page
};

}  // namespace tandem::worker
