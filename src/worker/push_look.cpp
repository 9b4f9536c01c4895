#include "worker/push_look.hpp"

#include <algorithm>

#include "worker/wake.hpp"

namespace tandem::worker {

namespace {

constexpr base::Micros kHoldsFor = 60 * base::kSecond;   // what was seen, from the end of the pull on
constexpr base::Micros kAskAgain = 120 * base::kSecond;  // the pull has failed, or does not come

const core::WriteCall* call_of(const core::Write& write, core::OutChange::Op op) {
  const auto& call = op == core::OutChange::Op::remove   ? write.remove
                     : op == core::OutChange::Op::upsert ? write.upsert
                                                         : write.update;
  return call ? &*call : nullptr;
}

}  // namespace

bool PushLook::enough(const store::OutboxItem& item, core::OutChange::Op op, const store::PushContract& contract) {
  if (!plan_.mapping.pulls() || !plan_.mapping.push.pull_first) return true;
  const core::WriteCall* call = call_of(plan_.composer.write(), op);
  if (call == nullptr || (contract.remote_version && call->version.given())) return true;
  if (!asked_) last_ = store::last_look(sql_, plan_.spec.mapping_id);
  asked_ = true;
  // An attempt may have had an effect, whatever was heard of it.
  const base::Instant since = std::max(item.captured_at, item.sent_at.value_or(item.captured_at),
                                       [](base::Instant a, base::Instant b) { return a.micros < b.micros; });
  return last_ && last_->began.micros >= since.micros && base::now().micros - last_->ended.micros <= kHoldsFor;
}

void PushLook::settle() {
  if (waiting_.empty()) return;
  store::put_off_items(sql_, waiting_, base::Instant{base::now().micros + kAskAgain},
                       store::waits_for_pull(plan_.spec.mapping_id));
  store::request_look(sql_, plan_.spec.mapping_id);
  wake_scheduler_at_commit();
}

}  // namespace tandem::worker
