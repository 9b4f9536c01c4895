// The arrays of a page on their way into child tables: converted before their records are
// written, so that a bad element keeps its record out, and handed to the writer with them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/rows/child_rows.hpp"
#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/child_writer.hpp"
#include "store/computed_values.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

struct LoadedPage;

class PageChildren {
 public:
  PageChildren(pg::Sql& sql, PullPlan& plan);
  ~PageChildren();
  // Takes out of `rows` those whose elements do not fit, and adds to its faults. What functions of transforms write is
  // the caller's to keep or to undo.
  void convert(const LoadedPage& loaded, core::RowBuilder::Converted& rows);
  // What goes with rows of these records; nullopt: the mapping has no child tables.
  [[nodiscard]] std::optional<store::ChildBatch> batch(std::span<const core::Identity> rows) const;

 private:
  struct One;
  void take_out(core::RowBuilder::Converted& rows, std::vector<core::RowFault> faults) const;

  pg::Sql& sql_;
  PullPlan& plan_;
  std::vector<std::unique_ptr<One>> tables_;
};

// For RowWriter: null where there is nothing.
[[nodiscard]] inline const store::ChildBatch* pointer_to(const std::optional<store::ChildBatch>& batch) {
  return batch ? &*batch : nullptr;
}

}  // namespace tandem::worker
