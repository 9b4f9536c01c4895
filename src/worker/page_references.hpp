// References of a page's rows, between conversion and writing: remote ids become local
// keys, one statement per reference. A row whose parent is not there waits for it: it is
// left out, or, where mappings refer to each other, goes in without the reference first.
// Parents that come with the same page are found in a second pass, after writing.
#pragma once

#include <vector>

#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/row_writer.hpp"
#include "worker/page_children.hpp"
#include "worker/pull_plan.hpp"
#include "worker/reference_cells.hpp"

namespace tandem::worker {

class PageReferences {
 public:
  // `children`: what goes into child tables with what is written here; null: nothing is written.
  PageReferences(pg::Sql& sql, PullPlan& plan, base::TextArena& arena, const PageChildren* children = nullptr)
      : sql_(sql), plan_(plan), arena_(arena), children_(children) {}

  // Before writing. Faults are added to those of `rows`.
  void resolve(core::RowBuilder::Converted& rows);
  // After writing: what refers to rows of this very page. `rows` and `written` then have those, too.
  void resolve_rest(core::RowBuilder::Converted& rows, store::WriteResult& written);
  // Of rows that wait still; `record` is the position in the page.
  struct Waiting {
    core::RowFault fault;
    core::Identity identity;
    bool is_in = false;  // but the reference is not
  };
  [[nodiscard]] const std::vector<Waiting>& waiting() const noexcept { return waiting_; }

 private:
  struct Held {
    std::vector<base::Cell> cells;  // with ids where references are
    std::size_t missing = 0;        // references
    bool self = false;              // one of them is to a row of the same mapping
    std::size_t row = 0;            // its place among the rows, when it is in
  };
  static constexpr std::size_t kDone = static_cast<std::size_t>(-1);
  // Rows that have come further: more of what they refer to is there.
  struct Further {
    struct Row {
      core::Identity identity;
      std::size_t still;  // where it is held, for what is missing yet
      bool was_in;
      std::size_t place;  // among the rows, when it was in
    };
    std::vector<base::Cell> cells;
    std::vector<Row> rows;
  };
  void resolve_row(core::RowBuilder::Converted& rows, std::size_t row, const std::vector<LocalKeys>& keys,
                   core::RowBuilder::Converted& out);
  void write_further(Further& further, core::RowBuilder::Converted& rows, store::WriteResult& written);
  void drop_refused(const store::WriteResult& written);
  bool resolve_held(core::RowBuilder::Converted& rows, store::WriteResult& written);

  pg::Sql& sql_;
  PullPlan& plan_;
  base::TextArena& arena_;
  const PageChildren* children_;
  std::vector<Held> held_;  // beside waiting_
  std::vector<Waiting> waiting_;
};

}  // namespace tandem::worker
