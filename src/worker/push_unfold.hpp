// What was captured becomes items: entries of the table are taken away for all mappings that
// push it, whoever owns them. And the other way to items: the rows that are there (when a
// push is made, or asked for again), looked through in the order of their key.
#pragma once

#include <optional>

#include "pg/sql.hpp"
#include "worker/push_plan.hpp"
#include "worker/twoway_plan.hpp"

namespace tandem::worker {

// One helping; true: there may be more. Other owners' workers are woken at commit.
[[nodiscard]] bool unfold_captured(pg::Sql& sql, PushedTable& pushed);

// The next rows of the table, from where the run's position says; nullopt: that was all.
[[nodiscard]] std::optional<base::Json> scan_rows(pg::Sql& sql, const PushPlan& plan, const base::Json& position);

}  // namespace tandem::worker
