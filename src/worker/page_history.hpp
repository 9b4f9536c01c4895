// What becomes of each record of a page, for option record_log: asked of the table before
// the page is written, for afterwards nobody can tell a row that was made from one that
// was there. Does nothing while the option is off.
#pragma once

#include <vector>

#include "core/rows/rows.hpp"
#include "store/faults.hpp"
#include "store/record_log.hpp"
#include "store/row_compare.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

class History {
 public:
  History(const PullPlan& plan, const LoadedPage& loaded);
  void note(const std::vector<core::Identity>& identified);
  void before_writing(pg::Sql& sql, const core::RowBuilder::Converted& converted);
  // `kept_out`: which of the converted rows did not go in; `relined`: those that were equal and had children written;
  // `faults`: all of the page.
  [[nodiscard]] std::vector<store::HistoryEntry> entries(const core::RowBuilder::Converted& converted,
                                                         const std::vector<bool>& kept_out,
                                                         const std::vector<std::size_t>& relined,
                                                         const std::vector<store::RecordFault>& faults) const;

 private:
  [[nodiscard]] store::HistoryEntry::Action action_of(std::size_t row, bool kept_out, bool relined) const;

  const PullPlan& plan_;
  const LoadedPage& loaded_;
  std::vector<store::Standing> standing_;
  std::vector<core::Identity> identified_;  // all of them, if even those are told of that were left alone
  bool on_, all_;
};

}  // namespace tandem::worker
