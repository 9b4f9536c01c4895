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
#include "store/outbox_items.hpp"
#include "store/push_contracts.hpp"
#include "store/row_images.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

class PageTwoWay {
 public:
  PageTwoWay(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded) : sql_(sql), plan_(plan), loaded_(loaded) {}

  // Makes the converted rows what is to be written. Throws TableBusy when a row is on its way out.
  void before_writing(core::RowBuilder::Converted& converted);
  // What both sides agree on from now on, of records whose contracts are written.
  [[nodiscard]] std::vector<store::AgreedBase> agreed(const std::vector<core::Identity>& applied) const;

 private:
  enum class Fate { as_it_comes, drop };
  void look_up(const core::RowBuilder::Converted& converted);
  Fate judge(std::size_t row, core::RowBuilder::Converted& converted);
  Fate judge_missing(std::size_t row) const;
  void merge(std::size_t row, core::RowBuilder::Converted& converted);
  void keep_local(std::size_t row, core::RowBuilder::Converted& converted, const core::Merged* merged);
  void note_conflict(std::size_t row, const core::Merged& merged, const core::RowBuilder::Converted& converted);
  void send(std::size_t row, const core::Merged& merged);
  void settle();
  [[nodiscard]] std::optional<base::Instant> remote_time(std::size_t record) const;
  [[nodiscard]] std::string image(const store::Texts& texts) const;

  pg::Sql& sql_;
  PullPlan& plan_;
  LoadedPage& loaded_;
  std::vector<store::RowImages> images_;
  std::vector<std::optional<store::PushContract>> contracts_;
  std::unordered_map<std::string, store::WaitingItem> waiting_;  // by key
  std::vector<store::FoundConflict> found_;
  std::vector<std::string> solved_;
  std::vector<core::RowChange> to_send_;
  std::unordered_map<std::string, std::string> bases_;  // by origin id
};

}  // namespace tandem::worker
