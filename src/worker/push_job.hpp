// The push of one mapping in a worker: what was captured goes out, and what came of it is
// written down. The loop asks what the job wants (a request sent, a turn in the database)
// and does one such thing at a time. A turn is one transaction: it settles what came back,
// unfolds what was captured since, claims what may go next, records the attempts and makes
// the requests; nothing is sent before that is committed.
//
// A job stays after its run has ended, as long as the worker does: the next local change
// finds everything prepared, and opens the next run in the turn that claims it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "net/http.hpp"
#include "net/transfers.hpp"
#include "worker/push_plan.hpp"
#include "worker/push_claim.hpp"
#include "worker/push_compare.hpp"
#include "worker/push_request.hpp"
#include "worker/push_settle.hpp"

namespace tandem::worker {

class PushJob {
 public:
  PushJob(PushPlan plan, pg::Oid owner);

  [[nodiscard]] std::int64_t mapping_id() const noexcept { return plan_.spec.mapping_id; }
  [[nodiscard]] std::int64_t connection() const noexcept { return plan_.spec.connection_id; }
  [[nodiscard]] const std::string& mapping() const noexcept { return plan_.spec.mapping; }
  [[nodiscard]] const std::string& pool() const noexcept { return plan_.pool; }
  [[nodiscard]] int max_in_flight() const noexcept { return plan_.max_in_flight; }
  [[nodiscard]] std::optional<std::int64_t> run() const noexcept {
    return plan_.spec.run == 0 ? std::nullopt : std::optional(plan_.spec.run);
  }

  // A pending run was taken, and a plan made for it.
  void adopt(PushPlan plan);
  // Something was captured, or somebody wants to know whether there was.
  void wake() noexcept { look_ = true; }
  void cancel() noexcept { cancelled_ = true; }
  void yield() noexcept {
    leaving_ = true;
    done_ = done_ || dormant();
  }

  // --- network side: no transaction
  [[nodiscard]] bool wants_request() const noexcept { return !ready_.empty() && !stopping(); }
  [[nodiscard]] std::optional<net::Request> make_request();
  void sent(net::TransferId id);
  void on_response(net::TransferId id, net::Response response);

  // --- database side
  [[nodiscard]] bool wants_turn(base::Micros now) const noexcept;
  void turn();
  [[nodiscard]] std::optional<base::Micros> not_before() const noexcept;  // monotonic: of the next turn by the clock

  // Nothing under way, no run: it only waits for the next change.
  [[nodiscard]] bool dormant() const noexcept { return !run() && in_flight_.empty(); }
  // It is of no use any more: the mapping is another one, paused or gone, or the run was lost.
  [[nodiscard]] bool done() const noexcept { return done_; }

 private:
  [[nodiscard]] bool stopping() const noexcept { return leaving_ || cancelled_ || halted_; }
  [[nodiscard]] bool drained() const noexcept { return ready_.empty() && in_flight_.empty() && answered_.empty(); }
  [[nodiscard]] bool lingering(base::Micros now) const noexcept;
  void bisect(PushRequest& request);
  void go_on(std::shared_ptr<Bisection> part);
  void exchange();
  bool open_run(pg::Sql& sql);
  void unfold_and_scan(pg::Sql& sql);
  void claim(pg::Sql& sql);
  void account(pg::Sql& sql);
  void hold(pg::Sql& sql);
  void forget_turn();
  void close();

  PushPlan plan_;
  pg::Oid owner_;
  std::deque<PushRequest> ready_;  // recorded, not sent yet
  std::optional<PushRequest> sending_;
  std::unordered_map<net::TransferId, PushRequest> in_flight_;
  std::vector<AnsweredRequest> answered_;  // to be settled
  // Of the turn in hand: it counts when it is committed.
  struct Turn {
    ComparedSource compared;
    SettleResult settled;
    ClaimResult claimed;
    std::deque<PushRequest> requests;
    std::optional<base::Json> position;
    std::optional<base::Instant> next_due;
    bool more = false, gone = false, cancel = false, halted = false, widened = false;
  };
  Turn turn_;
  std::optional<base::Json> position_;  // of a run that looks at all rows
  std::optional<core::RunFailure> failure_, note_;
  std::int64_t failed_ = 0;
  bool held_before_ = true;   // as far as we know: since then nothing has gone
  bool opened_here_ = false;  // the run, in the turn in hand
  bool look_ = true, more_ = false, leaving_ = false, cancelled_ = false, halted_ = false, done_ = false;
  base::Micros not_before_ = 0;   // after somebody's lock
  base::Micros due_ = 0;          // when the next item may go that may not yet; 0: there is none
  base::Micros quiet_since_ = 0;  // since there is nothing to do; 0: there is
};

}  // namespace tandem::worker
