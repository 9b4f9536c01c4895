// What may go next: items are locked, their rows read as the owner, and for each it is
// decided what the other side is to be told; the attempts are recorded, and the requests
// made. All in the caller's transaction: they may be sent once it is committed.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.hpp"
#include "pg/sql.hpp"
#include "worker/push_plan.hpp"
#include "worker/push_request.hpp"

namespace tandem::worker {

struct ClaimResult {
  std::deque<PushRequest> requests = {};
  std::int64_t looked_at = 0;            // items
  std::int64_t skipped = 0, failed = 0;  // that needed nothing, that cannot go
  bool more = false;                     // there may be others that are due
};

// At most `limit` items.
[[nodiscard]] ClaimResult claim_changes(pg::Sql& sql, PushPlan& plan, std::int64_t limit);

// Requests for changes whose attempts are recorded. What cannot be sent, and what needs nothing, goes to the lists.
struct Unsent {
  std::vector<ClaimedChange> nothing = {};
  std::vector<std::pair<ClaimedChange, core::RowFault>> refused = {};
};
[[nodiscard]] std::deque<PushRequest> compose_requests(const PushPlan& plan, std::vector<core::OutChange> changes,
                                                       std::vector<ClaimedChange> claimed, Unsent& unsent);

}  // namespace tandem::worker
