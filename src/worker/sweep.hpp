// The sweep at the end of a listing that proves what is gone: counts, asks the brake, and
// deletes in small transactions, fenced like pages, so that it can be interrupted anywhere
// and goes on where it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/run/run.hpp"
#include "store/deletes.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

class Sweep {
 public:
  struct Outcome {
    enum class Kind {
      more,    // something is committed, and more is to be done
      done,    // all is committed
      busy,    // a lock is held by somebody else: the same again, later
      lost,    // the run is another worker's now, or the extension is gone
      failed,  // the run cannot go on
    };
    Kind kind = Kind::more;
    bool cancel_requested = false;
    std::string busy_on = {};
    std::optional<core::RunFailure> failure = {};
  };
  // Does a part, in a transaction of its own.
  Outcome step(PullPlan& plan, pg::Oid owner);

  [[nodiscard]] std::size_t errors() const noexcept { return errors_; }
  [[nodiscard]] std::size_t kept_out() const noexcept { return kept_out_; }

 private:
  Outcome transaction(PullPlan& plan, pg::Oid owner);
  Outcome begin(pg::Sql& sql, PullPlan& plan);
  Outcome go_on(pg::Sql& sql, PullPlan& plan);
  void find_more(pg::Sql& sql, PullPlan& plan);
  bool account(pg::Sql& sql, PullPlan& plan, std::int64_t deleted, std::int64_t failed, Outcome& outcome);

  bool begun_ = false, believed_ = false;  // what the listing did not show is gone, as far as the brake is concerned
  std::string unseen_;                     // ordinals that the listing did not show
  std::string after_, found_;              // origin ids: up to here it is done; up to here it was looked
  std::deque<store::Contract> gone_;
  bool all_found_ = false;
  std::int64_t allowed_ = 0, held_back_ = 0;
  std::size_t errors_ = 0, kept_out_ = 0;
};

}  // namespace tandem::worker
