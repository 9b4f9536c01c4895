// Both ways: a change is sent when a pull that began after it was made has looked at what
// became of its record there, so that nothing is overwritten that nobody here has seen.
// What the other side guards itself, by a version that is sent along, need not wait.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/push/change.hpp"
#include "pg/sql.hpp"
#include "store/outbox_items.hpp"
#include "store/push_contracts.hpp"
#include "store/push_runs.hpp"
#include "worker/push_plan.hpp"

namespace tandem::worker {

class PushLook {
 public:
  PushLook(pg::Sql& sql, const PushPlan& plan) : sql_(sql), plan_(plan) {}

  // Whether a change of a record that the other side has may go now; `op` update, upsert or remove.
  [[nodiscard]] bool enough(const store::OutboxItem& item, core::OutChange::Op op, const store::PushContract& contract);
  void wait(const store::OutboxItem& item) { waiting_.push_back(item.item); }
  // Those that wait are put off until the end of a pull, which is asked for.
  void settle();

 private:
  pg::Sql& sql_;
  const PushPlan& plan_;
  bool asked_ = false;
  std::optional<store::Look> last_;
  std::vector<std::int64_t> waiting_;
};

}  // namespace tandem::worker
