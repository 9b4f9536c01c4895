// One page into the table, in one transaction: rows, what was last seen of them, errors,
// counters and position, or nothing of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/page_reader.hpp"
#include "core/listing/paging.hpp"
#include "core/schema/record_shape.hpp"
#include "core/run/run.hpp"
#include "net/http.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// A page that arrived and was read. Values borrow from `response.body` and `arena`.
struct LoadedPage {
  core::Position at;
  std::optional<core::Position> next;
  base::Json stored;                // what goes on from behind it
  std::optional<std::string> safe;  // Listing::Step's
  net::Response response;
  base::Instant asked_at = {};  // when its request was sent, by our clock
  base::TextArena arena;
  base::Page page;
  std::optional<std::int64_t> total;
  std::vector<base::Instant> changed;      // Listing::Step's
  std::vector<std::int64_t> errors;        // of a retry run: the error that each record is of
  std::optional<core::RecordShape> shape;  // of the first page
};

inline constexpr std::int64_t kLockTimeoutMs = 200;  // for rows that others hold: the loop must go on
inline constexpr std::int64_t kStatementTimeoutMs = 300'000;

struct ApplyOutcome {
  enum class Kind {
    applied,  // committed
    busy,     // a lock is held by somebody else: the same page again, later
    lost,     // the run is another worker's now, or the extension is gone: drop it
    failed,   // the run cannot go on
  };
  Kind kind = Kind::applied;
  std::size_t errors = 0, kept_out = 0;
  std::size_t held_back = 0;  // deletes, by the brake
  bool proof = true;          // of what is gone, as far as this page goes
  bool cancel_requested = false;
  std::string busy_on;
  std::optional<core::RunFailure> failure;
};

// A page of one of its records; values borrow from where those of `loaded` do.
[[nodiscard]] LoadedPage record_alone(const LoadedPage& loaded, std::size_t record);
// What one record would do to the table: written (record_alone) in the caller's transaction, which is to be
// rolled back. Nothing is accounted, remembered or recorded.
struct TriedRecord {
  // gone: it says that it is, and no row of it goes.
  enum class Kind { inserted, updated, deleted, unchanged, passed_over, gone, kept_out, failed };
  Kind kind = Kind::unchanged;
  std::optional<core::RowFault> fault;
};
[[nodiscard]] TriedRecord try_record(pg::Sql& sql, PullPlan& plan, LoadedPage& alone);

// Runs what owns its transaction, and tells what became of it when it fails.
[[nodiscard]] ApplyOutcome in_page_terms(const PullPlan& plan, const std::function<ApplyOutcome()>& transaction);

[[nodiscard]] ApplyOutcome apply_page(PullPlan& plan, LoadedPage& loaded, pg::Oid owner);

}  // namespace tandem::worker
