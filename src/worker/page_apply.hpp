// One page into the table, in one transaction: rows, what was last seen of them, errors,
// counters and position, or nothing of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/page_reader.hpp"
#include "core/paging.hpp"
#include "core/run.hpp"
#include "net/http.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// A page that arrived and was read. Values borrow from `response.body` and `arena`.
struct LoadedPage {
  core::Position at;
  std::optional<core::Position> next;
  net::Response response;
  base::TextArena arena;
  base::Page page;
  std::optional<std::int64_t> total;
};

inline constexpr std::int64_t kLockTimeoutMs = 200;  // for rows that others hold: the loop must go on

struct ApplyOutcome {
  enum class Kind {
    applied,  // committed
    busy,     // a lock is held by somebody else: the same page again, later
    lost,     // the run is another worker's now, or the extension is gone: drop it
    failed,   // the run cannot go on
  };
  Kind kind = Kind::applied;
  std::size_t errors = 0, kept_out = 0;
  bool cancel_requested = false;
  std::string busy_on;
  std::optional<core::RunFailure> failure;
};

[[nodiscard]] ApplyOutcome apply_page(PullPlan& plan, LoadedPage& loaded, pg::Oid owner);

}  // namespace tandem::worker
