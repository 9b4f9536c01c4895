// A verification's page: compared with the table instead of written. And its last phase,
// the other way round: which rows of the table no page has shown, a part of the table at
// a time. Each is a transaction of its own, fenced like a page, and writes nothing but what
// it found out.
#pragma once

#include <cstdint>
#include <optional>

#include "pg/sql.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// In the transaction of a page whose table is locked: everything that is to be committed with it but the accounting.
struct Compared {
  store::Counters counters;
  std::size_t differences = 0;  // and records that could not be compared
};
[[nodiscard]] Compared compare_page(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded);

class TableScan {
 public:
  // Continues where `position` (the run's) says.
  explicit TableScan(const std::optional<base::Json>& position);
  // A part of the table; `done` when it was the last one. Rows that the mapping cannot tell from others' are not
  // looked at.
  ApplyOutcome step(PullPlan& plan, pg::Oid owner);
  [[nodiscard]] bool done() const noexcept { return done_; }

 private:
  std::size_t look(pg::Sql& sql, PullPlan& plan);

  std::int64_t block_ = 0;
  bool done_ = false;
};

// What a verification says of itself when it has come to its end.
[[nodiscard]] std::optional<core::RunFailure> verify_note(const PullPlan& plan);

}  // namespace tandem::worker
