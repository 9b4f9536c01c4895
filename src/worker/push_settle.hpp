// What came of the requests, written down in the turn's transaction: items settled, parked,
// to be sent again or ambiguous; contracts of what the other side acknowledged; remote ids
// and what it computed, written back into the rows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "core/run/run_failure.hpp"
#include "pg/sql.hpp"
#include "worker/push_plan.hpp"
#include "worker/push_request.hpp"

namespace tandem::worker {

struct SettleResult {
  std::int64_t created = 0, updated = 0, deleted = 0, failed = 0, conflicts = 0, bytes = 0;
  // Everything fared the same (there is no connection, too many requests, no such account): nothing goes until then.
  std::optional<base::Instant> hold_until = {};
  bool unwanted = false;  // nor after it: the other side wants nothing any more
  std::optional<core::RunFailure> failure = {};
};

[[nodiscard]] SettleResult settle_answers(pg::Sql& sql, PushPlan& plan, std::vector<AnsweredRequest>& answered);

// Full jitter: a random moment up to base 1 s doubled with every attempt, 15 minutes at most.
[[nodiscard]] base::Micros backoff(std::int64_t attempts);

}  // namespace tandem::worker
