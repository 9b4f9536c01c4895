// One pull run in a worker: the pure state machine (core::Run) with its hands and feet.
// The loop asks what the job wants (a request sent, a page applied, its last row written)
// and does one such thing at a time, so that many jobs share one process fairly. Waiting
// for the network and touching the database never happen in the same call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/run.hpp"
#include "net/http.hpp"
#include "net/transfers.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

class PullJob {
 public:
  PullJob(PullPlan plan, pg::Oid owner);

  [[nodiscard]] std::int64_t run() const noexcept { return plan_.spec.run; }
  [[nodiscard]] const std::string& mapping() const noexcept { return plan_.spec.mapping; }
  [[nodiscard]] const std::string& pool() const noexcept { return plan_.pool; }
  [[nodiscard]] int max_in_flight() const noexcept { return plan_.api.max_in_flight; }

  // --- network side: no transaction
  [[nodiscard]] bool wants_request() const noexcept { return fetch_.has_value() && !transfer_; }
  // The request for the wanted page; nullopt when it cannot be made (the job has taken note of that).
  std::optional<net::Request> make_request();
  void sent(net::TransferId id) { transfer_ = id; }
  void on_response(net::Response response);
  // A transfer that is not wanted any more and must be cancelled.
  std::optional<net::TransferId> take_abandoned();

  // --- database side: each is one transaction (or two)
  [[nodiscard]] bool wants_apply(base::Micros now) const noexcept { return current_ != nullptr && now >= not_before_; }
  void apply();
  [[nodiscard]] bool wants_close(base::Micros now) const noexcept {
    return (close_.has_value() || release_) && now >= not_before_;
  }
  void close();

  [[nodiscard]] bool done() const noexcept { return done_; }
  [[nodiscard]] std::optional<base::Micros> not_before() const noexcept;  // monotonic; of a page that waits for a lock

  // Bytes of pages that arrived and are not applied yet.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

  // --- orders
  void cancel();
  void yield();

 private:
  void feed(const core::Event& event);
  base::Result<bool> read_page(LoadedPage& loaded);
  void back_off(ApplyOutcome outcome);
  bool leave_locked_page();
  void page_failed(const core::Position& at, core::RunFailure failure);
  store::Closing closing() const;
  [[nodiscard]] base::Json timing() const;

  PullPlan plan_;
  pg::Oid owner_;
  core::Run machine_;
  std::optional<core::Position> fetch_;  // wanted or in flight
  std::optional<net::TransferId> transfer_, abandoned_;
  std::unique_ptr<LoadedPage> arrived_;  // one page ahead
  std::unique_ptr<LoadedPage> current_;  // to be applied
  std::optional<core::action::Close> close_;
  bool release_ = false, done_ = false;
  base::Micros not_before_ = 0;
  int busy_times_ = 0;
  bool forget_position_ = false;  // the stored one is of no use to the other side any more
  std::size_t kept_out_ = 0;
  base::Micros fetch_micros_ = 0, read_micros_ = 0, apply_micros_ = 0;
};

// Ends of runs that never became a job. Each is one transaction, and may raise what a held row raises.
// Given back for a second: what it needs is held by somebody else.
void postpone_run(const store::RunSpec& spec, pg::Oid owner, const std::string& waiting_on);
// It cannot even begin.
void fail_run(const store::RunSpec& spec, pg::Oid owner, const core::RunFailure& failure);
// It was read to its end, and the worker that did was lost before it could say so.
void complete_run(const store::RunSpec& spec, pg::Oid owner);

}  // namespace tandem::worker
