// Changes that cannot go, as sync errors: told by the row's own key, with the row as it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "worker/push_plan.hpp"
#include "worker/push_request.hpp"

namespace tandem::worker {

// What to do about a change of which nobody knows whether it arrived.
inline constexpr const char* kLookFirst =
    "Look whether it is there: SELECT tandem.resolve_sync_error(error, remote_id => '…') if so, SELECT "
    "tandem.retry_sync_error(error) if not.";

struct PushFault {
  std::int64_t item = 0;
  std::string key;     // {"id": "5"}
  std::string record;  // the row as JSON
  core::RowFault fault;
};
[[nodiscard]] PushFault push_fault(const PushPlan& plan, const ClaimedChange& change, core::RowFault fault);

void record_push_faults(pg::Sql& sql, const PushPlan& plan, const std::vector<PushFault>& faults);
// What went in after all settles its errors.
void resolve_push_faults(pg::Sql& sql, const PushPlan& plan, const std::vector<std::string>& keys);
// It refers to a row that is not there yet on the other side: it is put off until that is.
void wait_for_parent(pg::Sql& sql, const PushPlan& plan, const PushFault& fault);

}  // namespace tandem::worker
