// Rows into the user's table, as the owner: one set-based statement per page, touching
// only rows that really change. When a page fails because of some of its rows, statements
// over the page say which ones its constraints refuse; what those do not find is found by
// trial under savepoints. Bad rows are reported, all others go in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/child_writer.hpp"
#include "store/row_filters.hpp"
#include "store/row_mover.hpp"
#include "store/write_plan.hpp"

namespace tandem::pg {
class Error;
}

namespace tandem::store {

struct WriteResult {
  std::uint64_t created = 0, updated = 0;
  std::uint64_t unchanged = 0;     // there already, equal (or not to be touched in this mode)
  std::uint64_t absent = 0;        // of the swallowed: this mode makes no rows, and there was none to be updated
  std::vector<std::size_t> equal;  // those of them that were so before; positions in the batch
  std::vector<std::size_t>
      swallowed;                     // rows that did not go in, though nothing failed: kept out; positions in the batch
  std::vector<std::size_t> relined;  // rows that were equal, of whose children something was written: updated, too
  std::vector<core::RowFault> faults;  // `record` is the position in the batch
};

// What the pages of a run have taught so far.
struct WriteState {
  bool first_load = false;    // the table was empty when the run began; false as soon as that no longer helps
  bool filter_first = false;  // a page failed lately: constraints are asked before the first attempt
  bool input_fails = false;   // a type's input function has refused a value
  int clean_pages = 0;        // filtered, and nothing found
};

// Writes a batch (cells: rows × staged columns). Throws pg::Error for what is not one row's fault.
class RowWriter {
 public:
  RowWriter(pg::Sql& sql, const WritePlan& plan, WriteState& state) : sql_(sql), plan_(plan), state_(state) {}
  // `children`: what goes into child tables with them; `moves`: whose rows get other keys first; null: nothing.
  WriteResult write(std::span<const base::Cell> cells, std::size_t rows, const ChildBatch* children = nullptr,
                    RowMoves* moves = nullptr);
  // The key of one row as the text of a jsonb object; empty: rows have none, or it is not one. Writes nothing.
  std::string key_of(std::span<const base::Cell> cells);

 private:
  using Rows = std::vector<std::size_t>;
  struct Attempt {
    bool done = false;
    std::optional<core::RowFault> fault = {};  // what was raised, as a fault of the first row
    std::optional<std::size_t> culprit = {};   // position in the rows of the one to blame, where that is known
  };

  // Rows that are not in the table as the page has them.
  struct Needed {
    Rows rows;  // in the order in which they are to be written
    std::size_t there = 0;
  };
  using Staged = std::optional<pg::StagedPage>;

  Rows in_order(std::size_t rows) const;
  void write_all(Rows rows);
  void write_filtered(Rows rows, bool failed_whole);
  Filtered filtered(const Rows& rows);
  Rows refuse_inputs(const Rows& rows);
  void write_some(std::span<const std::size_t> rows, const std::vector<GivesWay>& give_way = {});
  void split(std::span<const std::size_t> rows);
  void retry_parted();
  Attempt attempt(std::span<const std::size_t> rows, const std::vector<GivesWay>& give_way = {});
  void run_statements(std::span<const std::size_t> rows, const std::vector<GivesWay>& give_way, std::size_t& staged);
  void make_way(const std::vector<GivesWay>& give_way);
  void insert_all(std::span<const std::size_t> rows);
  void write_rows(std::span<const std::size_t> rows, Staged& page);
  void write_keyed(std::span<const std::size_t> rows, Staged& page);
  Needed look(std::span<const std::size_t> rows);
  void write_needed(const Needed& needed, bool only_these);
  std::uint64_t update_changed();
  std::uint64_t insert(const std::string& statement);
  void write_with_children(std::span<const std::size_t> rows, Staged& page);
  std::uint64_t note_kept_out();
  void note_page();
  [[nodiscard]] std::uint64_t written() const noexcept { return result_.created + result_.updated; }

  pg::Sql& sql_;
  const WritePlan& plan_;
  WriteState& state_;
  Batch batch_ = {};
  const ChildBatch* children_ = nullptr;
  RowMoves* moves_ = nullptr;
  std::string in_children_ = {};  // the array whose rows are being written
  WriteResult result_ = {};
  std::size_t found_by_trial_ = 0;
  bool once_more_ = false;  // refused rows may fit now
};

}  // namespace tandem::store
