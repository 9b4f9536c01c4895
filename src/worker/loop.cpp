#include "worker/loop.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/strings.hpp"
#include "core/rows/failures.hpp"
#include "net/transfers.hpp"
#include "pg/error.hpp"
#include "pg/log.hpp"
#include "pg/processes.hpp"
#include "pg/session.hpp"
#include "pg/settings.hpp"
#include "pg/shared_memory.hpp"
#include "pg/transaction.hpp"
#include "pg/wait.hpp"
#include "store/database_fault.hpp"
#include "store/queue.hpp"
#include "store/runs.hpp"
#include "worker/background.hpp"
#include "worker/pull_job.hpp"
#include "worker/push_jobs.hpp"
#include "worker/requests.hpp"
#include "worker/run_end.hpp"
#include "worker/schema_watch.hpp"
#include "worker/when_free.hpp"

namespace tandem::worker {

namespace {

constexpr std::size_t kMostJobs = 1000;
constexpr std::size_t kMostHeldBytes = 256u << 20;
constexpr base::Micros kLookAgainAfter = base::kSecond / 10;
constexpr std::size_t kMostClosedTogether = 32;
constexpr base::Micros kClosingsWait = base::kSecond / 50;
constexpr int kBeginsPerTurn =
    4;  // preparing a run asks the catalogs: meanwhile the requests of the others are on their way

class Loop {
 public:
  explicit Loop(WorkerContext& context);
  void run();

 private:
  bool turn();
  void push();
  void take_orders();
  void take_runs();
  [[nodiscard]] bool short_of_runs();
  bool begin_some();
  void give_back_taken();
  bool end_some(base::Micros now);
  [[nodiscard]] bool idle() const { return jobs_.empty() && taken_.empty() && endings_.empty() && pushes_.dormant(); }
  [[nodiscard]] std::deque<store::RunSpec>::iterator next_to_begin();
  void begin(store::RunSpec spec);
  void exchange();
  void deliver();
  void send_changes();
  bool send_requests();
  [[nodiscard]] bool has_room() const;
  bool send_request(PullJob& job);
  void drop_abandoned(PullJob& job);
  bool apply_one();
  void close_jobs(bool busy);
  void close_together(const std::vector<PullJob*>& due);
  void pass_orders();
  void refresh_egress();
  [[nodiscard]] base::Micros timeout() const;

  WorkerContext& context_;
  net::Transfers transfers_;
  std::string egress_signature_;
  std::deque<store::RunSpec> taken_;  // not begun yet
  struct Ending {
    base::Micros not_before;
    std::function<void()> transaction;
  };
  std::vector<Ending> endings_;  // of runs that never became a job
  std::vector<std::unique_ptr<PullJob>> jobs_;
  PushJobs pushes_;
  std::unordered_map<net::TransferId, PullJob*> waiting_;
  std::unordered_map<std::string, int> in_flight_;  // by pool
  std::unordered_map<std::int64_t, int> prepared_;  // by connection: their next request has not left
  std::size_t next_to_apply_ = 0;
  std::size_t held_ = 0;       // bytes of pages that arrived and are not applied yet
  bool more_to_take_ = false;  // the last look has left some
  bool look_for_runs_ = true, leaving_ = false, extension_gone_ = false, progressed_ = false;
  bool woken_ = false;      // since the last look
  bool made_room_ = false;  // runs have ended since the last look: others may be next, or have room now
  base::Micros idle_since_ = 0, looked_at_ = 0;
  base::Micros closing_since_ = 0;  // the first of those that are to be closed; 0: none is
};

Loop::Loop(WorkerContext& context)
    : context_(context), transfers_(net::Egress{}), pushes_(context.owner), idle_since_(base::monotonic()) {}

void Loop::run() {
  const int descriptors[] = {transfers_.descriptor()};
  pg::WaitSet wait(descriptors, pg::WaitSet::Use::background);
  base::Micros left = base::monotonic();
  while (!extension_gone_) {
    const bool more = turn();
    if (idle() && (leaving_ || base::monotonic() - idle_since_ >= pg::settings().worker_idle_timeout_ms * 1000LL))
      return;
    transfers_.away(base::monotonic() - left);
    if (slots::take_wake(context_.slot.ref())) {
      look_for_runs_ = woken_ = true;
      pushes_.wake();
    }
    const pg::WaitSet::Woken woken = wait.wait(more || look_for_runs_ ? 0 : timeout());
    left = base::monotonic();
    if (woken.latch) {
      (void)slots::take_wake(context_.slot.ref());
      pushes_.wake();
      woken_ = true;
    }
    look_for_runs_ = look_for_runs_ || woken.latch;
  }
}

// One round; true when there is more to do at once.
bool Loop::turn() {
  refresh_egress();
  push();  // a change that was just captured is on its way before anything else is looked at
  // A look asks for many runs at once, so that many that end one after the other need only a few.
  if (made_room_ && (idle() || base::monotonic() - looked_at_ >= kLookAgainAfter)) look_for_runs_ = true;
  if (look_for_runs_ || short_of_runs()) {
    look_for_runs_ = made_room_ = false;
    looked_at_ = base::monotonic();
    take_orders();
    if (!leaving_) take_runs();
  }
  const bool begun = begin_some();
  exchange();
  const bool applied = apply_one();
  close_jobs(begun || applied);
  return pushes_.wants_turn(base::monotonic()) || begun || applied || look_for_runs_ || short_of_runs() ||
         (made_room_ && idle());
}

void Loop::push() {
  const bool turned = pushes_.turn_one(base::monotonic());
  send_changes();
  if (turned) {
    context_.slot.set_runs(static_cast<int>(jobs_.size() + taken_.size() + pushes_.runs().size()));
    if (!std::exchange(progressed_, true)) context_.slot.note_progress();
    idle_since_ = base::monotonic();
  }
}

// What people asked for since the last look.
void Loop::take_orders() {
  leaving_ = leaving_ || context_.slot.should_stop() || context_.slot.should_yield();
  std::vector<std::int64_t> runs = pushes_.runs();
  if (jobs_.empty() && runs.empty()) return;
  for (const auto& job : jobs_) runs.push_back(job->run());
  std::vector<std::int64_t> cancelled;
  {
    pg::Transaction tx("look for cancelled runs");
    pg::reset_session(context_.owner, kLockTimeoutMs, 0);
    cancelled = store::cancelled_among(tx, runs);
    tx.commit();
  }
  for (const auto& job : jobs_)
    if (std::find(cancelled.begin(), cancelled.end(), job->run()) != cancelled.end()) job->cancel();
  pushes_.cancel(cancelled);
}

void Loop::take_runs() {
  std::vector<store::RunSpec> specs;
  {
    pg::Transaction tx("take runs");
    pg::reset_session(context_.owner, kLockTimeoutMs, 0);
    if (begin_unit() != Unit::usable) {
      extension_gone_ = true;
      return;
    }
    const std::size_t busy = std::min(kMostJobs, jobs_.size() + taken_.size());
    const std::size_t most = std::min(kMostJobs - busy, static_cast<std::size_t>(pg::settings().max_in_flight));
    // Who captures something wakes the worker that there is, and does not know which jobs it has.
    if (std::exchange(woken_, false)) store::start_pushes_of(tx, context_.owner, pushes_.mappings());
    specs = store::take_runs(tx, context_.owner, static_cast<std::int64_t>(slots::boot_id()), pg::my_pid(),
                             static_cast<std::int64_t>(most));
    tx.commit();
    more_to_take_ = specs.size() == most;
  }
  for (store::RunSpec& spec : specs) taken_.push_back(std::move(spec));
  context_.slot.set_runs(static_cast<int>(jobs_.size() + taken_.size()));
}

// Runs are taken as they can be sent, not all of a thousand before the first request has left. Where none of those that
// were taken may begin, others may: of connections that are not busy.
bool Loop::short_of_runs() {
  if (!more_to_take_ || leaving_ || jobs_.size() + taken_.size() >= kMostJobs) return false;
  return taken_.size() <= static_cast<std::size_t>(pg::settings().max_in_flight) / 2 || next_to_begin() == taken_.end();
}

// True when there are more that may begin.
bool Loop::begin_some() {
  if (leaving_) give_back_taken();
  for (int i = 0; i < kBeginsPerTurn; ++i) {
    const auto next = next_to_begin();
    if (next == taken_.end()) return false;
    store::RunSpec spec = std::move(*next);
    taken_.erase(next);
    begin(std::move(spec));
    deliver();
    if (!jobs_.empty() && has_room() && send_request(*jobs_.back())) deliver();  // without looking at all the others
  }
  return next_to_begin() != taken_.end();
}

// No more are prepared of one connection than can be under way: they would wait here as they do there, and every turn
// looks at each.
std::deque<store::RunSpec>::iterator Loop::next_to_begin() {
  const int most = pg::settings().max_in_flight;
  return std::ranges::find_if(taken_, [&](const store::RunSpec& spec) {
    const auto found = prepared_.find(spec.connection_id);
    return found == prepared_.end() || found->second < most;
  });
}

void Loop::give_back_taken() {
  if (taken_.empty()) return;
  pg::Transaction tx("give runs back");
  pg::reset_session(context_.owner, kLockTimeoutMs, 0);
  for (const store::RunSpec& spec : taken_) store::release_run(tx, spec);
  tx.commit();
  taken_.clear();
}

// A run that cannot be made fails by itself; the others go on.
void Loop::begin(store::RunSpec spec) {
  if (listed_before(spec) && !spec.push && !spec.verify && !spec.position->integer_at("sweep")) {
    endings_.push_back({0, [this, spec = std::move(spec)] { complete_run(spec, context_.owner); }});
    return;
  }
  std::optional<core::RunFailure> failure;
  std::optional<std::string> busy;
  pg::set_application_name(base::strcat("tandem: ", spec.mapping));
  try {
    pg::Transaction tx(base::strcat("prepare ", spec.mapping));
    pg::reset_session(context_.owner, kLockTimeoutMs, 300'000);
    if (spec.push) {
      PushPlan plan = make_push_plan(tx, spec, context_.owner);
      tx.commit();
      pushes_.take(std::move(plan));
      return;
    }
    PullPlan plan = make_pull_plan(tx, spec, context_.owner);
    tx.commit();
    jobs_.push_back(std::make_unique<PullJob>(std::move(plan), context_.owner));
  } catch (const TableBusy& error) {
    busy = base::strcat("a lock on ", error.table());
  } catch (const TableChanged& changed) {
    endings_.push_back({0, [this, spec, changed] { fail_changed_run(spec, context_.owner, changed); }});
    return;
  } catch (const base::Failure& error) {
    failure = core::failure_of_plan(error.error());
  } catch (const pg::Error& error) {
    if (error.is_cancel() && error.sqlstate() != "57014") throw;
    if (error.is_transient())
      busy = std::string(error.message());
    else
      failure = store::run_failure(error);
  }
  if (busy)
    endings_.push_back({0, [this, spec, on = *busy] { postpone_run(spec, context_.owner, on); }});
  else if (failure)
    endings_.push_back({0, [this, spec, why = *failure] { fail_run(spec, context_.owner, why); }});
}

// True when a run has ended. One that somebody's lock holds up is tried again in a moment.
bool Loop::end_some(base::Micros now) {
  const std::size_t before = endings_.size();
  std::erase_if(endings_, [now](Ending& ending) {
    if (now < ending.not_before) return false;
    if (when_free(ending.transaction)) return true;
    ending.not_before = now + base::kSecond / 2;
    return false;
  });
  if (endings_.size() < before) pg::broadcast_news();
  return endings_.size() < before;
}

// Answers in, requests out: a place that an answer has left is taken at once.
void Loop::exchange() {
  deliver();
  pass_orders();
  if (send_requests()) deliver();  // what was started leaves when curl has its turn
  send_changes();
}

// Also what an answer has made ready: the parts of a batch that was refused go out although there is nothing to write.
void Loop::send_changes() {
  while (pushes_.send(transfers_, in_flight_, [this] { return has_room(); })) deliver();
}

void Loop::deliver() {
  for (net::Transfers::Completed& completed : transfers_.turn()) {
    if (pushes_.deliver(completed.id, completed.response, in_flight_)) continue;
    const auto found = waiting_.find(completed.id);
    if (found == waiting_.end()) continue;
    PullJob* job = found->second;
    waiting_.erase(found);
    --in_flight_[job->pool()];
    job->on_response(std::move(completed.response));
  }
}

// Leaving: every job finishes the page in hand and hands its run back.
void Loop::pass_orders() {
  if (!leaving_ && (context_.slot.should_stop() || context_.slot.should_yield())) leaving_ = true;
  if (!leaving_) return;
  for (const auto& job : jobs_)
    if (!job->done()) job->yield();
  pushes_.leave();
}

// True when one was started.
bool Loop::send_requests() {
  bool started = false;
  held_ = 0;
  prepared_.clear();
  for (const auto& job : jobs_) {
    drop_abandoned(*job);
    held_ += job->held_bytes();
    if (job->wants_request()) ++prepared_[job->connection()];
  }
  for (const auto& job : jobs_) {
    if (!has_room()) break;
    started = send_request(*job) || started;
  }
  return started;
}

// Pages pile up while tables are locked: then only what makes room goes on.
bool Loop::has_room() const {
  const std::size_t away = transfers_.in_flight();
  return away == 0 || (away < static_cast<std::size_t>(pg::settings().max_in_flight) && held_ <= kMostHeldBytes);
}

bool Loop::send_request(PullJob& job) {
  if (!job.wants_request() || in_flight_[job.pool()] >= job.max_in_flight()) return false;
  std::optional<net::Request> request = job.make_request();
  if (!request) return false;
  const net::TransferId id = transfers_.start(*std::move(request));
  waiting_[id] = &job;
  ++in_flight_[job.pool()];
  job.sent(id);
  return true;
}

// A request whose answer nobody wants any more; it may have ended in this very turn.
void Loop::drop_abandoned(PullJob& job) {
  const auto abandoned = job.take_abandoned();
  if (!abandoned || waiting_.erase(*abandoned) == 0) return;
  transfers_.cancel(*abandoned);
  --in_flight_[job.pool()];
}

// One page of one job, in turn, so that a job with a thousand pages does not hold up one with a single page.
bool Loop::apply_one() {
  const base::Micros now = base::monotonic();
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    PullJob& job = *jobs_[(next_to_apply_ + i) % jobs_.size()];
    const bool load = job.wants_load(now);
    if (!load && !job.wants_apply(now)) continue;
    next_to_apply_ = (next_to_apply_ + i + 1) % jobs_.size();
    pg::set_application_name(base::strcat("tandem: ", job.mapping()));
    load ? job.load() : job.apply();
    transfers_.reuse(job.take_spent());
    if (!load && !std::exchange(progressed_, true)) context_.slot.note_progress();
    return true;
  }
  return false;
}

// `busy`: there is other work to be done at once. Then those that have come to their end wait for each other a little,
// for one commit ends many as fast as one.
void Loop::close_jobs(bool busy) {
  const base::Micros now = base::monotonic();
  bool closed = end_some(now);
  std::vector<PullJob*> due;
  for (const auto& job : jobs_) {
    if (job->wants_close(now) && !job->done() && due.size() < kMostClosedTogether) due.push_back(job.get());
    closed = closed || job->done();
  }
  if (due.empty() || closing_since_ == 0) closing_since_ = due.empty() ? 0 : now;
  const bool full = due.size() == kMostClosedTogether || now - closing_since_ >= kClosingsWait;
  if (!due.empty() && (full || !busy || leaving_)) {
    close_together(due);
    closing_since_ = 0;
    closed = closed || std::ranges::any_of(due, &PullJob::done);
  }
  if (!closed) return;
  for (const auto& job : jobs_)  // a job that lost its run may leave a transfer behind
    if (job->done()) drop_abandoned(*job);
  std::erase_if(jobs_, [](const auto& job) { return job->done(); });
  pushes_.wake();  // changes may have waited for what was pulled
  context_.slot.set_runs(static_cast<int>(jobs_.size()));
  pg::broadcast_news();
  idle_since_ = base::monotonic();
  made_room_ = true;
}

// What cannot be ended together is ended one by one.
void Loop::close_together(const std::vector<PullJob*>& due) {
  std::vector<store::RunToClose> plain;
  for (const PullJob* job : due)
    if (std::optional<store::RunToClose> run = job->plain_closing()) plain.push_back(*std::move(run));
  if (plain.size() > 1)
    for (const std::int64_t run : finish_plain_runs(context_.owner, plain))
      (*std::ranges::find(due, run, &PullJob::run))->closed();
  for (PullJob* job : due)
    if (!job->done()) job->close();
}

void Loop::refresh_egress() {
  const pg::Settings settings = pg::settings();
  std::string signature =
      base::strcat(settings.allow_http ? "http " : "", settings.max_response_bytes, " ", settings.allowed_networks);
  if (signature == egress_signature_) return;
  egress_signature_ = std::move(signature);
  try {
    transfers_.set_egress(egress());
  } catch (const base::Failure& failure) {  // fails closed: nothing beyond public https
    pg::log(pg::Level::warning, failure.error().text, failure.error().detail, failure.error().hint);
    transfers_.set_egress(net::Egress{});
  }
}

base::Micros Loop::timeout() const {
  const base::Micros now = base::monotonic();
  base::Micros until = idle() ? idle_since_ + pg::settings().worker_idle_timeout_ms * 1000LL : -1;
  const auto sooner = [&](std::optional<base::Micros> when) {
    if (when && (until < 0 || *when < until)) until = *when;
  };
  if (made_room_) sooner(looked_at_ + kLookAgainAfter);
  sooner(transfers_.deadline());
  sooner(pushes_.not_before());
  for (const auto& job : jobs_) sooner(job->not_before());
  for (const Ending& ending : endings_) sooner(ending.not_before);
  return until < 0 ? -1 : std::max<base::Micros>(0, until - now);
}

}  // namespace

void run_worker(WorkerContext& context) {
  Loop loop(context);
  loop.run();
}

}  // namespace tandem::worker
