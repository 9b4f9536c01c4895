// What a changed row becomes: nothing, a change for the other side, or a reason why it cannot
// go. Decided from the item, the row as it is now and the contract of its record; nothing
// is read or written. The claim of a push acts on it, and a preview shows it.
#pragma once

#include <optional>

#include "core/push/change.hpp"
#include "core/rows/rows.hpp"
#include "store/outbox_items.hpp"
#include "store/push_contracts.hpp"
#include "worker/push_plan.hpp"
#include "worker/push_request.hpp"

namespace tandem::worker {

struct Prepared {
  enum class Kind { nothing, refused, send };
  Kind kind = Kind::nothing;
  core::OutChange change = {};  // send
  ClaimedChange claimed = {};   // send: what its settling needs; refused: whose fault it is
  core::RowFault fault = {};    // refused
};

[[nodiscard]] Prepared prepare_change(const PushPlan& plan, const store::OutboxItem& item,
                                      const store::OutgoingRow& row, const store::ContractRef& ref,
                                      const std::optional<store::PushContract>& contract);

}  // namespace tandem::worker
