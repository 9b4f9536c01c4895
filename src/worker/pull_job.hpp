// One pull run in a worker: the pure state machine (core::Run) with its hands and feet.
// The loop asks what the job wants (a request sent, a page applied, its last row written)
// and does one such thing at a time, so that many jobs share one process fairly. Waiting
// for the network and touching the database never happen in the same call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "core/listing/ceilings.hpp"
#include "core/run/run.hpp"
#include "net/http.hpp"
#include "net/transfers.hpp"
#include "store/closings.hpp"
#include "worker/page_apply.hpp"
#include "worker/page_verify.hpp"
#include "worker/pull_plan.hpp"
#include "worker/sweep.hpp"

namespace tandem::worker {

class PullJob {
 public:
  PullJob(PullPlan plan, pg::Oid owner);

  [[nodiscard]] std::int64_t run() const noexcept { return plan_.spec.run; }
  [[nodiscard]] std::int64_t connection() const noexcept { return plan_.spec.connection_id; }
  [[nodiscard]] const std::string& mapping() const noexcept { return plan_.spec.mapping; }
  [[nodiscard]] const std::string& pool() const noexcept { return plan_.pool; }
  [[nodiscard]] int max_in_flight() const noexcept { return plan_.api.max_in_flight; }

  // --- network side: no transaction
  [[nodiscard]] bool wants_request() const noexcept { return fetch_.has_value() && !transfer_ && !plan_.spec.retry; }
  // The request for the wanted page; nullopt when it cannot be made (the job has taken note of that).
  std::optional<net::Request> make_request();
  void sent(net::TransferId id) { transfer_ = id; }
  void on_response(net::Response response);
  // A transfer that is not wanted any more and must be cancelled.
  std::optional<net::TransferId> take_abandoned();

  // --- database side: each is one transaction (or two)
  // A retry run's page: records that failed. Not ahead of time: what the page before it leaves is not known yet.
  [[nodiscard]] bool wants_load(base::Micros now) const noexcept {
    return fetch_.has_value() && plan_.spec.retry && current_ == nullptr && now >= not_before_;
  }
  void load();
  [[nodiscard]] bool wants_apply(base::Micros now) const noexcept {
    return (current_ != nullptr || scan_ || sweep_) && now >= not_before_;
  }
  void apply();
  // What the applied page came in; empty: there is none. Of use for the pages to come, whosever they are.
  [[nodiscard]] base::Buffer take_spent() { return std::exchange(spent_body_, {}); }
  [[nodiscard]] bool wants_close(base::Micros now) const noexcept {
    return (close_.has_value() || release_) && now >= not_before_;
  }
  void close();
  // Likewise, but together with others: what is to be written, nullopt where it is this job's own business, or was put
  // off before; and that it has been written.
  [[nodiscard]] std::optional<store::RunToClose> plain_closing() const;
  void closed();

  [[nodiscard]] bool done() const noexcept { return done_; }
  [[nodiscard]] std::optional<base::Micros> not_before() const noexcept;  // monotonic; of a page that waits for a lock

  // Bytes of pages that arrived and are not applied yet.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

  // --- looking only (preview_mapping): pages are taken away instead of applied, and nobody closes
  [[nodiscard]] std::unique_ptr<LoadedPage> take_page();  // null: none has arrived
  [[nodiscard]] const core::action::Close* closing_with() const noexcept { return close_ ? &*close_ : nullptr; }
  [[nodiscard]] PullPlan& plan() noexcept { return plan_; }

  // --- orders
  void cancel();
  void yield();

 private:
  void feed(const core::Event& event);
  bool ends_feed(const core::Position& at, const net::Response& response);
  void refused(const core::Position& at, const net::Response& response);
  void look_at_clock(const net::Response& response);
  void apply_current();
  void scan();
  void sweep();
  void back_off(ApplyOutcome outcome);
  void wait_to_sweep(const std::string& busy_on);
  void wait_for_lock(const std::string& busy_on);
  bool leave_locked_page();
  void page_failed(const core::Position& at, core::RunFailure failure);
  store::Closing closing() const;
  void close_feed(store::Closing& closing) const;
  void close_gap(store::Closing& closing) const;
  [[nodiscard]] std::optional<core::RunFailure> over_ceiling(const core::Position& at);
  [[nodiscard]] core::Spent spent_so_far(const core::Position& at) const;
  [[nodiscard]] const core::Object& object_at(const core::Position& at) const noexcept;
  void log_end(std::string how);
  void log_answer(const core::Position& at, const net::Response& response);

  PullPlan plan_;
  pg::Oid owner_;
  core::Run machine_;
  std::optional<core::Position> fetch_;  // wanted or in flight
  std::optional<net::TransferId> transfer_, abandoned_;
  std::unique_ptr<LoadedPage> arrived_;  // one page ahead
  std::unique_ptr<LoadedPage> current_;  // to be applied
  base::Buffer spent_body_;              // of the one before
  std::optional<TableScan> scan_;        // the last phase of a verification
  std::optional<Sweep> sweep_;           // and of a run that deletes
  std::optional<core::action::Close> close_;
  bool release_ = false, done_ = false, close_alone_ = false;
  base::Micros not_before_ = 0;
  int busy_times_ = 0;
  base::Micros begun_;
  core::Spent spent_, spent_in_feed_;
  base::Micros feed_begun_ = 0;
  std::optional<base::Json> resume_;  // behind the last page that was committed
  std::optional<std::string> safe_;   // nothing before this cursor is missing
  std::optional<std::string> lost_;   // the part whose position was lost once
  std::optional<std::int64_t> clock_offset_ms_;
  bool forget_position_ = false;  // the stored one is of no use to the other side any more
  std::size_t kept_out_ = 0;
  base::Micros waits_since_ = 0;  // for a lock; 0: it does not
};

}  // namespace tandem::worker
