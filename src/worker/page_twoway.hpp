// A page of a two-way mapping meets what was changed here: its rows are held against the
// local ones and against what both sides agreed on last, and become what the policies say.
// A row that is on its way out makes the page wait; a page that was asked for before the
// other side acknowledged a row says nothing new about it.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/push/merge.hpp"
#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/conflicts.hpp"
#include "store/push_contracts.hpp"
#include "store/row_images.hpp"
#include "store/row_writer.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"
#include "worker/twoway_rows.hpp"

namespace tandem::worker {

class PageTwoWay {
 public:
  PageTwoWay(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded) : sql_(sql), plan_(plan), loaded_(loaded) {}

  // Makes the converted rows what is to be written. Throws TableBusy when a row is on its way out.
  void before_writing(core::RowBuilder::Converted& converted);
  // What became of them in the table may be something else: that is to be sent.
  void after_writing(const core::RowBuilder::Converted& converted, const store::WriteResult& written);
  // Rows that both sides had changed.
  [[nodiscard]] std::int64_t conflicts() const noexcept { return conflicts_; }
  // What both sides agree on from now on, of records whose contracts are written.
  [[nodiscard]] std::vector<store::AgreedBase> agreed(const std::vector<core::Identity>& applied) const;

 private:
  enum class Fate { as_it_comes, drop };
  void look_up(const core::RowBuilder::Converted& converted);
  void look_up_predecessors(const core::RowBuilder::Converted& converted);
  Fate judge(std::size_t row, core::RowBuilder::Converted& converted);
  Fate judge_missing(std::size_t row);
  [[nodiscard]] std::string matched(std::size_t row) const;
  void merge(std::size_t row, core::RowBuilder::Converted& converted);
  void keep_local(std::size_t row, core::RowBuilder::Converted& converted, const core::Merged* merged);
  void note_conflict(std::size_t row, const core::Merged& merged, const std::string& base,
                     const core::RowBuilder::Converted& converted);
  void send(std::size_t row, const core::Merged& merged);
  void settle();
  void put_changes();
  [[nodiscard]] std::optional<base::Instant> remote_time(std::size_t record) const;

  pg::Sql& sql_;
  PullPlan& plan_;
  LoadedPage& loaded_;
  std::vector<store::RowImages> images_;
  std::vector<std::optional<store::PushContract>> contracts_;
  std::vector<std::optional<store::PushContract>>
      before_;  // where there is none: of the record that had the row before
  WaitingItems waiting_;
  std::vector<store::FoundConflict> found_;
  std::vector<std::string> solved_;
  std::vector<core::RowChange> to_send_;
  std::unordered_map<std::string, std::string> bases_;  // by origin id
  std::int64_t conflicts_ = 0;
};

}  // namespace tandem::worker
