// The beginning of a run that sends the rows of a source_query: what differs from what the
// other side has acknowledged becomes items of the outbox, in the turn's transaction; from
// there on they go the way of captured changes.
#pragma once

#include <optional>

#include "core/run/run_failure.hpp"
#include "pg/sql.hpp"
#include "worker/push_plan.hpp"

namespace tandem::worker {

struct ComparedSource {
  std::optional<core::RunFailure> refused = {};  // nothing may be sent: the rows or the query will not do
  std::optional<core::RunFailure> note = {};     // rows that are gone wait for a person
};
[[nodiscard]] ComparedSource compare_source(pg::Sql& sql, const PushPlan& plan);

}  // namespace tandem::worker
