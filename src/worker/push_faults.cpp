#include "worker/push_faults.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "store/faults.hpp"
#include "store/outbox_items.hpp"

namespace tandem::worker {

namespace {

constexpr base::Micros kLookForParentAgain = 60 * base::kSecond;  // it is woken before, when the parent arrives

}  // namespace

PushFault push_fault(const PushPlan& plan, const ClaimedChange& change, core::RowFault fault) {
  if (!change.given.empty()) return {change.item, change.key, change.given, std::move(fault)};
  base::Json record = base::Json::object();
  for (std::size_t i = 0; i < change.texts.size(); ++i)
    record.set(plan.kept[i], change.texts[i] ? base::Json(*change.texts[i]) : base::Json());
  return {change.item, change.key, change.there ? record.dump() : change.key, std::move(fault)};
}

void record_push_faults(pg::Sql& sql, const PushPlan& plan, const std::vector<PushFault>& faults) {
  std::vector<store::RecordFault> records;
  for (const PushFault& fault : faults)
    if (fault.fault.waits_for == 0) records.push_back({fault.fault, fault.key, fault.record});
  store::record_faults(sql, plan.spec, records);
}

void resolve_push_faults(pg::Sql& sql, const PushPlan& plan, const std::vector<std::string>& keys) {
  if (plan.spec.open_errors > 0) store::resolve_faults(sql, plan.spec, keys, "the change was accepted");
}

void wait_for_parent(pg::Sql& sql, const PushPlan&, const PushFault& fault) {
  store::put_off_items(sql, {fault.item}, base::Instant{base::now().micros + kLookForParentAgain},
                       base::strcat("mapping ", fault.fault.waits_for));
}

}  // namespace tandem::worker
