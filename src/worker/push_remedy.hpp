// Attempts of which nobody knows what became of them: left by a worker that died between
// sending and settling, or by a connection that broke. What the connector declares for it
// is done: sent again with the same key, sent as an upsert, asked for; or left to a person.
#pragma once

#include <cstdint>
#include <deque>

#include "pg/sql.hpp"
#include "worker/push_plan.hpp"
#include "worker/push_request.hpp"

namespace tandem::worker {

// Requests for those that are to be sent again or asked for; the others are pending again, or wait for a person. At
// most `limit`; in the caller's transaction.
[[nodiscard]] std::deque<PushRequest> remedy_ambiguous(pg::Sql& sql, PushPlan& plan, std::int64_t limit);

// What the answer to such a question proves: an outcome for its one change.
[[nodiscard]] core::Outcome outcome_of_read_back(const PushPlan& plan, const PushRequest& request,
                                                 const net::Response& response);

}  // namespace tandem::worker
