// What the items of a push are about: local rows as they are now, or records that were
// handed over in their place. And how the record at the other side is found for each.
#pragma once

#include <vector>

#include "store/outbox_items.hpp"
#include "store/push_contracts.hpp"
#include "worker/push_plan.hpp"

namespace tandem::worker {

// Beside the items. Of a record that was handed over the values of columns that it does not name are left out, unless
// the mapping gives them one.
[[nodiscard]] std::vector<store::OutgoingRow> rows_of_items(pg::Sql& sql, PushPlan& plan,
                                                            const std::vector<store::OutboxItem>& items);
[[nodiscard]] store::ContractRef ref_of_item(const PushPlan& plan, const store::OutboxItem& item,
                                             const store::OutgoingRow& row);

}  // namespace tandem::worker
