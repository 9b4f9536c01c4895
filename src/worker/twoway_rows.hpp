// What pages and deletions of a two-way mapping have in common: the local rows as images,
// and the changes of them that are still to be sent.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "pg/sql.hpp"
#include "store/outbox_items.hpp"
#include "store/row_images.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

using WaitingItems = std::unordered_map<std::string, store::WaitingItem>;  // by the row's key

// Of rows that are locked: what was captured of them is unfolded first. Throws TableBusy when one is on its way out.
[[nodiscard]] WaitingItems unsent_changes(pg::Sql& sql, PullPlan& plan, const std::vector<store::RowImages>& images);
// {"column": "text"} of texts beside WritePlan::columns.
[[nodiscard]] std::string image_of(const PullPlan& plan, const store::Texts& texts);

}  // namespace tandem::worker
