#include "worker/push_job.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/error.hpp"
#include "pg/processes.hpp"
#include "pg/session.hpp"
#include "pg/shared_memory.hpp"
#include "pg/transaction.hpp"
#include "store/capture.hpp"
#include "store/closings.hpp"
#include "store/outbox_items.hpp"
#include "store/push_runs.hpp"
#include "worker/background.hpp"
#include "worker/page_apply.hpp"
#include "worker/push_remedy.hpp"
#include "worker/push_unfold.hpp"
#include "worker/run_end.hpp"
#include "worker/signing.hpp"
#include "worker/slots.hpp"
#include "worker/wake.hpp"
#include "worker/when_free.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

// A run that was not asked for stays open a little, so that changes that trickle in share one.
constexpr base::Micros kLinger = base::kSecond / 2;
// 0 stands for never.
base::Micros monotonic_of(const std::optional<base::Instant>& when) {
  return when ? base::monotonic() + std::max<base::Micros>(0, when->micros - base::now().micros) : 0;
}

constexpr std::int64_t kScanWhilePending = 2000;  // items: enough is waiting, so no more rows are looked at

}  // namespace

PushJob::PushJob(PushPlan plan, pg::Oid owner) : plan_(std::move(plan)), owner_(owner), position_(plan_.spec.position) {
  if (plan_.spec.full && !position_) position_ = base::Json::object();
}

void PushJob::adopt(PushPlan plan) {
  plan_ = std::move(plan);
  position_ = plan_.spec.position;
  if (plan_.spec.full && !position_) position_ = base::Json::object();
  look_ = true;
  failed_ = 0;
  failure_.reset();
  note_.reset();
  quiet_since_ = 0;
}

// --- network

std::optional<net::Request> PushJob::make_request() {
  PushRequest next = std::move(ready_.front());
  ready_.pop_front();
  base::Result<net::Request> request = push_request(plan_.api, next.request, plan_.credentials, plan_.pool);
  if (request && next.kind == PushRequest::Kind::write) {  // the time that is signed is that of this attempt
    auto problem = sign(*request, plan_.composer.write().signing, next.request.id, base::now(), plan_.credentials);
    if (problem) request = *std::move(problem);
  }
  if (!request) {  // nothing was sent: as if there was no connection
    net::Response response;
    response.error = request.error();
    sending_ = std::move(next);
    sent(0);
    on_response(0, std::move(response));
    return std::nullopt;
  }
  sending_ = std::move(next);
  return *std::move(request);
}

void PushJob::sent(net::TransferId id) { in_flight_.emplace(id, *std::exchange(sending_, std::nullopt)); }

void PushJob::on_response(net::TransferId id, net::Response response) {
  const auto found = in_flight_.find(id);
  if (found == in_flight_.end()) return;
  AnsweredRequest answered{std::move(found->second), std::move(response), {}};
  in_flight_.erase(found);
  plan_.timing.add(core::Stage::fetch, answered.response.total_micros);
  if (answered.request.kind == PushRequest::Kind::read_back) {
    answered.outcomes.push_back(outcome_of_read_back(plan_, answered.request, answered.response));
    answered_.push_back(std::move(answered));
    return;
  }
  const std::vector<base::Secret> secrets = secrets_of(plan_.credentials);
  const net::Response& came = answered.response;
  core::OutAnswer answer{.error = came.error ? &*came.error : nullptr,
                         .sent = came.sent,
                         .status = came.status,
                         .header = [&came](std::string_view name) { return came.header(name); },
                         .body = &came.body,
                         .secrets = secrets,
                         .now = base::now()};
  answered.outcomes =
      core::outcomes_of(plan_.composer.write(), answered.request.request, answered.request.changes, answer);
  const bool whole = answered.outcomes.size() > 1 && std::ranges::all_of(answered.outcomes, [](const core::Outcome& o) {
                       return o.kind == core::Outcome::Kind::refused && o.whole;
                     });
  const auto part = answered.request.part_of;
  if (part) {
    const bool other = std::ranges::any_of(answered.outcomes, [](const core::Outcome& o) {
      return o.kind == core::Outcome::Kind::later || o.kind == core::Outcome::Kind::ambiguous;
    });
    part->search.answered(whole   ? core::Bisect::Answer::refused
                          : other ? core::Bisect::Answer::other
                                  : core::Bisect::Answer::accepted);
    if (!whole) answered_.push_back(std::move(answered));
    return go_on(part);
  }
  if (whole) return bisect(answered.request);
  answered_.push_back(std::move(answered));
}

// Nothing of it was done: its parts are tried, until the one to blame stands alone. Their attempts are recorded.
void PushJob::bisect(PushRequest& request) {
  std::vector<std::size_t> all(request.changes.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  auto part = std::make_shared<Bisection>(
      Bisection{core::Bisect(std::move(all)), std::move(request.claimed), std::move(request.changes)});
  go_on(part);
}

void PushJob::go_on(std::shared_ptr<Bisection> part) {
  const auto next = part->search.next();
  if (!next) return;
  std::vector<core::OutChange> changes;
  std::vector<ClaimedChange> claimed;
  for (const std::size_t i : *next) {
    changes.push_back(part->changes[i]);
    claimed.push_back(part->claimed[i]);
  }
  Unsent unsent;  // they were sent before
  std::deque<PushRequest> requests = compose_requests(plan_, std::move(changes), std::move(claimed), unsent);
  for (PushRequest& request : requests) {
    request.part_of = part;
    ready_.push_front(std::move(request));
  }
}

// --- database

bool PushJob::lingering(base::Micros now) const noexcept {
  return plan_.spec.trigger_capture && !plan_.mapping.compares() && quiet_since_ != 0 && now - quiet_since_ < kLinger &&
         !stopping();
}

bool PushJob::wants_turn(base::Micros now) const noexcept {
  if (done_ || now < not_before_) return false;
  if (stopping()) return run() && in_flight_.empty();
  if (ready_.size() > static_cast<std::size_t>(plan_.max_in_flight)) return false;  // enough to send meanwhile
  if (!answered_.empty()) return ready_.empty() || answered_.size() >= static_cast<std::size_t>(plan_.max_in_flight);
  if (look_ || more_ || (due_ != 0 && now >= due_)) return true;
  return run() && drained() && !lingering(now);
}

std::optional<base::Micros> PushJob::not_before() const noexcept {
  std::optional<base::Micros> when;
  const auto sooner = [&](base::Micros at) {
    if (!when || at < *when) when = at;
  };
  if (due_ != 0) sooner(due_);
  if (run() && drained() && quiet_since_ != 0) sooner(quiet_since_ + kLinger);
  if (when && not_before_ > *when) when = not_before_;
  return when;
}

void PushJob::turn() {
  try {
    exchange();
  } catch (const pg::Error& error) {  // the transaction is gone by now, and what was answered is still to be settled
    if (error.is_cancel() && error.sqlstate() != "57014") throw;
    forget_turn();
    not_before_ = base::monotonic() + base::kSecond / 2;
    look_ = true;
    if (error.is_transient()) return;
    if (!answered_.empty() || !in_flight_.empty()) throw;
    failure_ = core::RunFailure{core::error_type::kDatabase, core::code::kDatabase, std::string(error.message()),
                                std::string(error.hint()), true};
    if (!run()) {
      done_ = true;
      return;
    }
    close();
  }
}

void PushJob::exchange() {
  if (stopping() && answered_.empty() && in_flight_.empty()) return close();
  if (!look_ && !more_ && answered_.empty() && drained() && run() && (due_ == 0 || base::monotonic() < due_))
    return close();
  forget_turn();
  look_ = false;
  {
    pg::Transaction tx(strcat("push ", plan_.spec.mapping));
    pg::reset_session(owner_, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() != Unit::usable) {
      done_ = true;
      return;
    }
    if (!run() && !open_run(tx)) {
      if (turn_.gone) wake_scheduler_at_commit();  // what it was to send is for a job of the mapping as it is now
      tx.commit();
      done_ = turn_.gone;
      due_ = monotonic_of(turn_.next_due);
      return;
    }
    turn_.halted = !opened_here_ && !store::may_go_on(tx, plan_.spec);
    unfold_and_scan(tx);
    turn_.settled = settle_answers(tx, plan_, answered_);
    if (!stopping() && !turn_.halted && !turn_.settled.hold_until && !turn_.compared.refused) claim(tx);
    account(tx);
    if (turn_.gone) return;
    hold(tx);
    if (!turn_.more) turn_.next_due = store::next_due_item(tx, plan_.spec.mapping_id);
    tx.commit();
  }
  opened_here_ = false;
  plan_.spec.full = plan_.spec.full || turn_.widened;
  held_before_ = turn_.settled.hold_until ||
                 (held_before_ && turn_.settled.created + turn_.settled.updated + turn_.settled.deleted == 0);
  if (!answered_.empty() || turn_.claimed.looked_at > 0) pg::broadcast_news();  // somebody may wait for one of the rows
  answered_.clear();
  failed_ += turn_.settled.failed + turn_.claimed.failed;
  plan_.spec.open_errors += turn_.settled.failed + turn_.claimed.failed;
  position_ = turn_.position;
  for (PushRequest& request : turn_.requests) ready_.push_back(std::move(request));
  more_ = turn_.more && !turn_.settled.hold_until;
  cancelled_ = cancelled_ || turn_.cancel;
  halted_ = halted_ || turn_.halted;
  due_ = monotonic_of(turn_.next_due);
  quiet_since_ = drained() && !more_ ? base::monotonic() : 0;
  if (turn_.compared.note) note_ = std::move(turn_.compared.note);
  if (turn_.settled.hold_until || turn_.compared.refused) {
    failure_ = turn_.compared.refused ? turn_.compared.refused : turn_.settled.failure;
    if (drained()) close();
  }
}

bool PushJob::open_run(pg::Sql& sql) {
  const store::OpenedRun opened =
      store::open_push_run(sql, plan_.spec, static_cast<std::int64_t>(slots::boot_id()), pg::my_pid());
  turn_.gone = opened.kind == store::OpenedRun::Kind::unusable;
  if (opened.kind != store::OpenedRun::Kind::opened) {
    if (!turn_.gone) turn_.next_due = opened.until ? opened.until : store::next_due_item(sql, plan_.spec.mapping_id);
    return false;
  }
  plan_.spec.run = opened.run;
  plan_.spec.epoch = opened.epoch;
  plan_.spec.trigger_capture = true;
  plan_.spec.full = false;
  plan_.timing = core::RunTiming(base::Json::object(), base::monotonic());
  plan_.latencies = core::Latencies();
  position_.reset();
  failed_ = 0;
  failure_.reset();
  note_.reset();
  opened_here_ = true;
  return true;
}

void PushJob::hold(pg::Sql& sql) {
  const SettleResult& s = turn_.settled;
  if (s.unwanted) {
    store::pause_unwanted(sql, plan_.spec, s.failure->message);
    store::refresh_pushers(sql);
    turn_.halted = true;
  } else if (s.hold_until) {
    store::hold_push(sql, plan_.spec, *s.hold_until, s.failure->message);
    store::note_failing(sql, plan_.spec, *s.failure);  // requests that are still under way may take long
  } else if (held_before_ && s.created + s.updated + s.deleted > 0) {
    store::forget_holds(sql, plan_.spec);
  }
}

// Before anything is settled: a row that changed since it was sent must not be taken for settled.
void PushJob::unfold_and_scan(pg::Sql& sql) {
  if (!plan_.mapping.compares()) turn_.more = unfold_captured(sql, plan_.pushed);
  turn_.position = position_;
  if (!position_ || stopping()) return;
  if (plan_.mapping.compares()) {
    turn_.compared = compare_source(sql, plan_);
    turn_.position.reset();
    return;
  }
  if (store::count_pending(sql, plan_.spec.mapping_id, kScanWhilePending) < kScanWhilePending) {
    turn_.position = scan_rows(sql, plan_, *position_);
  }
  turn_.more = turn_.more || turn_.position.has_value();
}

void PushJob::claim(pg::Sql& sql) {
  turn_.requests = remedy_ambiguous(sql, plan_, plan_.claim);
  turn_.claimed = claim_changes(sql, plan_, plan_.claim);
  for (PushRequest& request : turn_.claimed.requests) turn_.requests.push_back(std::move(request));
  turn_.more = turn_.more || turn_.claimed.more;
}

void PushJob::account(pg::Sql& sql) {
  const SettleResult& s = turn_.settled;
  const store::Counters counters{.pages = static_cast<std::int64_t>(answered_.size()),
                                 .records_read = turn_.claimed.looked_at,
                                 .created = s.created,
                                 .updated = s.updated,
                                 .deleted = s.deleted,
                                 .skipped = turn_.claimed.skipped,
                                 .failed = s.failed + turn_.claimed.failed,
                                 .bytes = s.bytes,
                                 .conflicts = s.conflicts,
                                 .timing = plan_.timing.json(base::monotonic()).dump(),
                                 .latency = plan_.latencies.json().dump()};
  const bool may_widen = !stopping() && !turn_.halted && !s.hold_until;
  const store::AccountedPush accounted = store::account_push(sql, plan_.spec, counters, turn_.position, may_widen);
  turn_.widened = accounted.widened;
  if (turn_.widened) {
    turn_.position = base::Json::object();
    turn_.more = true;
  }
  turn_.cancel = accounted.cancel_requested;
  turn_.gone = !accounted.ours;
  if (turn_.gone) done_ = true;  // another worker has the run: what it finds claimed it finds out about
}

// What was not committed did not happen.
void PushJob::forget_turn() {
  turn_ = {};
  if (std::exchange(opened_here_, false)) plan_.spec.run = 0;
}

void PushJob::close() {
  const bool release = leaving_ && (!ready_.empty() || more_ || position_);
  std::vector<std::int64_t> unsent;
  for (const PushRequest& request : ready_)
    for (const ClaimedChange& change : request.claimed) unsent.push_back(change.item);
  const bool written = when_free([&] {
    pg::Transaction tx(strcat("finish the push of ", plan_.spec.mapping));
    pg::reset_session(owner_, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() != Unit::usable) return;
    store::release_items(tx, plan_.spec, unsent, std::nullopt, false);
    if (release) {
      store::release_run(tx, plan_.spec);
    } else {
      store::Closing closing;
      closing.status = cancelled_                                 ? core::RunStatus::cancelled
                       : failure_                                 ? core::RunStatus::failed
                       : failed_ + plan_.spec.failed > 0 || note_ ? core::RunStatus::partial
                                                                  : core::RunStatus::completed;
      closing.failure = failure_;
      closing.note = note_;
      closing.timing = plan_.timing.json(base::monotonic());
      if (cancelled_)
        store::hold_push(tx, plan_.spec, base::Instant{base::now().micros + 60 * base::kSecond}, "cancelled");
      if (!finish_run(tx, plan_.spec, closing)) return;
    }
    if (due_ != 0 || failure_ || release || cancelled_ || halted_ || store::push_waits(tx, plan_.spec.mapping_id))
      wake_scheduler_at_commit();
    tx.commit();
  });
  if (!written) {
    not_before_ = base::monotonic() + base::kSecond / 2;
    return;
  }
  say(plan_.spec, release ? "is handed over" : "has ended");
  ready_.clear();
  plan_.spec.run = 0;
  plan_.spec.failed = 0;
  position_.reset();
  quiet_since_ = 0;
  look_ = !stopping() && !failure_;  // what came while it was closed
  cancelled_ = false;
  done_ = done_ || std::exchange(halted_, false);  // prepared anew when it may go on
  if (leaving_) done_ = true;
  pg::broadcast_news();
}

}  // namespace tandem::worker
