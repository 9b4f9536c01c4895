#include "worker/page_tombstones.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/convert/json_value.hpp"
#include "core/mapping/deletes.hpp"
#include "store/deletes.hpp"
#include "worker/pull_deletes.hpp"
#include "worker/twoway_deletes.hpp"

namespace tandem::worker {

namespace {

// How many of so many more rows the run may delete.
std::int64_t allowance(pg::Sql& sql, PullPlan& plan, std::int64_t rows) {
  PullDeletes& deletes = *plan.deletes;
  if (deletes.allowed) return std::clamp<std::int64_t>(*deletes.allowed - deletes.counts.deleted, 0, rows);
  if (deletes.counts.held_back > 0) return 0;
  const std::int64_t all = deletes.counts.deleted + rows;
  if (all <= plan.mapping.delete_brake.rows) return rows;
  if (!deletes.live_at_first)
    deletes.live_at_first = deletes.counts.deleted + store::count_live(sql, plan.spec.mapping_id);
  return too_many(plan.mapping.delete_brake, all, *deletes.live_at_first) ? 0 : rows;
}

}  // namespace

std::vector<core::Identity> take_tombstones(const PullPlan& plan, const LoadedPage& loaded,
                                            std::vector<core::Identity>& rows) {
  std::vector<core::Identity> gone, left;
  if (!plan.fields.deleted || rows.empty()) return gone;
  base::TextArena arena;
  const base::Value wanted = core::value_of_json(plan.object.deleted->equals, arena);
  for (const core::Identity& row : rows) {
    const base::Value& value = loaded.page.record(row.record)[*plan.fields.deleted];
    (value.kind == wanted.kind && value.text == wanted.text ? gone : left).push_back(row);
  }
  if (!gone.empty()) rows = std::move(left);
  return gone;
}

Buried bury(pg::Sql& sql, PullPlan& plan, const std::vector<core::Identity>& tombstones) {
  Buried out{.settled = tombstones};
  if (tombstones.empty() || !plan.deletes || !plan.local_key) return out;
  if (plan.deletes->ambiguous) {  // the row may be another record's, which is there
    if (plan.deletes->no_proof.empty()) plan.deletes->no_proof = kAmbiguousKey;
    out.settled.clear();
    return out;
  }
  std::vector<std::string> ids;
  for (const core::Identity& row : tombstones) ids.emplace_back(row.origin_id);
  std::vector<store::Contract> gone = store::live_contracts(sql, plan.spec.mapping_id, ids);
  if (!gone.empty() && !plan.local_key->exact()) drop_superseded(sql, plan.spec, *plan.local_key, "{}", gone);
  if (gone.empty()) return out;
  const auto allowed = static_cast<std::size_t>(allowance(sql, plan, static_cast<std::int64_t>(gone.size())));
  const std::vector<store::Contract> kept(gone.begin() + static_cast<std::ptrdiff_t>(allowed), gone.end());
  gone.resize(allowed);
  std::unordered_set<std::string> open;
  for (const store::Contract& contract : kept) open.insert(contract.origin_id);
  if (!kept.empty()) store::hold_back(sql, plan.spec, kept);
  out.held_back = static_cast<std::int64_t>(kept.size());
  if (!gone.empty()) {
    const Deleted deleted = delete_gone(sql, plan, gone);
    store::forget_pending(sql, plan.spec, deleted.gone);
    for (const store::RecordFault& fault : deleted.faults) open.insert(fault.origin_id);
    out.deleted = deleted.rows;
    out.failed = deleted.faults.size();
    out.kept_out = static_cast<std::size_t>(deleted.kept);
  }
  std::erase_if(out.settled, [&](const core::Identity& row) { return open.contains(std::string(row.origin_id)); });
  return out;
}

}  // namespace tandem::worker
