#include "worker/page_history.hpp"

namespace tandem::worker {

using Action = store::HistoryEntry::Action;

History::History(const PullPlan& plan, const LoadedPage& loaded)
    : plan_(plan),
      loaded_(loaded),
      on_(plan.mapping.history.level != core::History::Level::none),
      all_(plan.mapping.history.level == core::History::Level::all) {}

void History::note(const std::vector<core::Identity>& identified) {
  if (all_) identified_ = identified;
}

void History::before_writing(pg::Sql& sql, const core::RowBuilder::Converted& converted) {
  if (!on_ || !plan_.compare) return;
  const store::Batch batch{converted.cells, plan_.write.staged.size() - 1};
  standing_ = store::standing_of(sql, plan_.write, *plan_.compare, batch, converted.rows.size());
}

std::vector<store::HistoryEntry> History::entries(const core::RowBuilder::Converted& converted,
                                                  const std::vector<bool>& kept_out,
                                                  const std::vector<std::size_t>& relined,
                                                  const std::vector<store::RecordFault>& faults) const {
  std::vector<store::HistoryEntry> out;
  if (!on_) return out;
  std::vector<bool> with_children(converted.rows.size());
  for (const std::size_t row : relined) with_children[row] = true;
  std::vector<bool> told(loaded_.page.records());
  for (const store::RecordFault& fault : faults) {
    if (fault.fault.record < told.size()) told[fault.fault.record] = true;
    out.push_back({Action::failed, fault.origin_id, {}, fault.record});
  }
  for (std::size_t i = 0; i < converted.rows.size(); ++i) {
    const core::Identity& row = converted.rows[i];
    if (told[row.record]) continue;
    told[row.record] = true;
    const Action action = action_of(i, kept_out[i], with_children[i]);
    if (action == Action::skipped && !all_) continue;
    out.push_back({action, std::string(row.origin_id), i < standing_.size() ? standing_[i].local_key : std::string(),
                   loaded_.page.raw[row.record]});
  }
  for (const core::Identity& row : identified_)
    if (!told[row.record])
      out.push_back({Action::skipped, std::string(row.origin_id), {}, loaded_.page.raw[row.record]});
  return out;
}

Action History::action_of(std::size_t row, bool kept_out, bool relined) const {
  if (kept_out) return Action::skipped;
  if (relined) return Action::updated;
  if (row >= standing_.size()) return Action::created;  // appended, or held back until its parent was in
  if (standing_[row].absent) return plan_.write.insert_new.empty() ? Action::skipped : Action::created;
  return standing_[row].differs && !plan_.write.update_changed.empty() ? Action::updated : Action::skipped;
}

}  // namespace tandem::worker
