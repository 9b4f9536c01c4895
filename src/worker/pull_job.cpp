#include "worker/pull_job.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/listing/spent_json.hpp"
#include "core/rows/failures.hpp"
#include "net/date.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "worker/background.hpp"
#include "worker/page_read.hpp"
#include "worker/retry_page.hpp"
#include "worker/run_end.hpp"
#include "worker/when_free.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr int kMostBusyTimes = 100;  // about ten minutes of a lock that never goes away
constexpr base::Micros kFirstPause = 50'000, kLongestPause = 10 * base::kSecond;

core::RunFailure waited_in_vain(const std::string& busy_on) {
  return {core::error_type::kDatabase, core::code::kLocked, strcat("waited in vain for ", busy_on), {}, true};
}

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace

PullJob::PullJob(PullPlan plan, pg::Oid owner)
    : plan_(std::move(plan)),
      owner_(owner),
      machine_(listed_before(plan_.spec) ? std::nullopt : std::optional(plan_.listing.start()),
               static_cast<std::size_t>(plan_.spec.failed) + plan_.differences,
               plan_.spec.verify || (plan_.deletes && plan_.deletes->sweeps)),
      begun_(base::monotonic()),
      spent_(plan_.spec.spent),
      spent_in_feed_(core::spent_in_feed(plan_.spec.position)) {
  if (plan_.listing.resumed()) resume_ = plan_.spec.position ? plan_.spec.position : plan_.spec.resume;
  if (plan_.spec.position) safe_ = plan_.spec.position->string_at("safe");
  const core::Position start = plan_.listing.start();
  const std::string how = plan_.listing.resumed() ? strcat("goes on at page ", start.page + 1) : "begins";
  say(plan_.spec, how);
  plan_.log.add(store::RunLog::Level::info, "begin", how, {{"full", base::Json(plan_.spec.full)}});
  feed(core::event::Begin{});
}

std::optional<net::Request> PullJob::make_request() {
  std::optional<core::RunFailure> failure = over_ceiling(*fetch_);
  if (!failure) {
    base::Result<net::Request> request =
        page_request(plan_.api, plan_.listing.request(*fetch_), plan_.credentials, plan_.pool);
    if (request) return *std::move(request);
    failure = core::failure_of_error(request.error());
  }
  const core::Position at = *std::exchange(fetch_, std::nullopt);
  page_failed(at, *std::move(failure));
  return std::nullopt;
}

// Listing and feed are held to their own.
std::optional<core::RunFailure> PullJob::over_ceiling(const core::Position& at) {
  if (at.feed && feed_begun_ == 0) feed_begun_ = base::monotonic();
  return core::over_ceiling(object_at(at), spent_so_far(at));
}

core::Spent PullJob::spent_so_far(const core::Position& at) const {
  core::Spent spent = at.feed ? spent_in_feed_ : spent_;
  spent.micros += base::monotonic() - (at.feed ? feed_begun_ : begun_);
  return spent;
}

const core::Object& PullJob::object_at(const core::Position& at) const noexcept {
  return at.feed ? plan_.listing.feed()->object : plan_.object;
}

void PullJob::on_response(net::Response response) {
  transfer_.reset();
  if (!fetch_) return;  // given up in the meantime
  const core::Position at = *std::exchange(fetch_, std::nullopt);
  plan_.timing.add(core::Stage::fetch, response.total_micros);
  log_answer(at, response);
  if (response.error) {
    page_failed(at, core::failure_of_error(*response.error));
    return;
  }
  look_at_clock(response);
  if ((response.status < 200 || response.status > 299) && !plan_.listing.parent_gone(at, response.status) &&
      !ends_feed(at, response)) {
    refused(at, response);
    return;
  }
  core::Laps laps(plan_.timing);
  auto loaded = std::make_unique<LoadedPage>();
  loaded->at = at;
  loaded->asked_at = base::Instant{base::now().micros - response.total_micros};
  loaded->response = std::move(response);
  std::optional<core::RunFailure> failure = read_page(plan_, *loaded);
  laps.lap(core::Stage::read);
  if (failure) {
    page_failed(at, *std::move(failure));
    return;
  }
  core::Spent& spent = at.feed ? spent_in_feed_ : spent_;
  ++spent.pages;
  spent.records += static_cast<std::int64_t>(loaded->page.records());
  spent.bytes += loaded->response.wire_bytes;
  if (at.feed) core::keep_spent_in_feed(loaded->stored, spent_so_far(at));
  const core::event::PageArrived arrived{at, loaded->next, loaded->page.records()};
  arrived_ = std::move(loaded);
  feed(arrived);
}

void PullJob::log_end(std::string how) {
  if (!close_ || !close_->failure)
    plan_.log.add(store::RunLog::Level::info, "end", std::move(how));
  else
    plan_.log.add(store::RunLog::Level::error, "end", strcat(how, ": ", close_->failure->message),
                  {{"code", base::Json(close_->failure->code)}});
}

void PullJob::log_answer(const core::Position& at, const net::Response& response) {
  using Level = store::RunLog::Level;
  const std::string page = strcat(at.feed ? "page of deletions " : "page ", at.page + 1);
  if (response.error)
    plan_.log.add(Level::error, "fetch", strcat(page, ": ", response.error->text),
                  {{"ms", base::Json(response.total_micros / 1000)}});
  else
    plan_.log.add(response.status / 100 == 2 ? Level::info : Level::error, "fetch",
                  strcat(page, ": status ", response.status),
                  {{"page", base::Json(at.page + 1)},
                   {"status", base::Json(static_cast<std::int64_t>(response.status))},
                   {"ms", base::Json(response.total_micros / 1000)},
                   {"bytes", base::Json(response.wire_bytes)}});
}

// An answer that says that the feed does not reach back that far: it has nothing more to tell, and a full run has to
// look for what it does not tell.
bool PullJob::ends_feed(const core::Position& at, const net::Response& response) {
  if (!at.feed || plan_.listing.loss(at, response.status, response.body.view()) != core::Listing::Loss::cursor)
    return false;
  const char* what = "has lost its place in the feed of deletions: the next run is a full one";
  say(plan_.spec, what);
  plan_.log.add(store::RunLog::Level::warning, "fetch", what);
  plan_.listing.lose_feed();
  return true;
}

// An answer that is no success. One that says that the position is not known any more costs what was read of its
// listing, once.
void PullJob::refused(const core::Position& at, const net::Response& response) {
  const core::Listing::Loss loss = plan_.listing.loss(at, response.status, response.body.view());
  core::RunFailure failure =
      core::failure_of_status(response.status, object_at(at).name, said_in(response, plan_.credentials));
  const std::string part = strcat(at.feed ? "deletions" : "", at.part);
  if (loss == core::Listing::Loss::none) return page_failed(at, std::move(failure));
  if (loss == core::Listing::Loss::page && lost_ == part) {
    failure.code = core::code::kListingLost;
    failure.message =
        strcat("the position in the listing of ", object_at(at).name, " was lost again: ", failure.message);
    failure.suggestion = "Smaller listings last: an upper bound, slices, or a larger page size.";
    failure.retryable = true;
    return page_failed(at, std::move(failure));
  }
  if (loss == core::Listing::Loss::page) lost_ = part;
  const char* what =
      loss == core::Listing::Loss::cursor ? "has lost its cursor: everything is read" : "has lost its page";
  say(plan_.spec, what);
  plan_.log.add(store::RunLog::Level::warning, "fetch", what);
  const core::Position restart = plan_.listing.restart(at, loss);
  resume_ = plan_.listing.stored(restart);
  if (current_) current_->stored = *resume_;  // what was to follow it is gone
  feed(core::event::ListingLost{at, restart});
}

// What the source's clock says; where it says nothing, ours as far as it was right the last time.
void PullJob::look_at_clock(const net::Response& response) {
  const base::Instant now = base::now();
  const auto date = response.header("date");
  const auto instant = date ? net::parse_http_date(std::string(*date)) : std::nullopt;
  if (instant && !clock_offset_ms_) clock_offset_ms_ = (instant->micros - now.micros) / 1000;
  plan_.listing.began(instant.value_or(base::Instant{now.micros + plan_.spec.clock_offset_ms * 1000}));
}

// A stored position that the other side does not know any more (a token that expired, a page that is gone) would fail
// every run from now on: the next one begins anew.
void PullJob::page_failed(const core::Position& at, core::RunFailure failure) {
  const bool refused = failure.code == core::code::kNotFound || failure.code == core::code::kRequestRefused ||
                       failure.code == core::code::kUnreadable || failure.code == core::code::kPageRepeated ||
                       failure.code == core::code::kListingLost;
  forget_position_ = plan_.listing.resumed() && at == plan_.listing.start() && refused;
  if (at.feed) {
    failure.message = strcat("the feed of deletions (", object_at(at).name, ") cannot be read: ", failure.message);
    // What changed must not wait for a feed that is broken: the next run begins with the listing again.
    forget_position_ = failure.code != core::code::kCeiling;
  }
  plan_.log.add(store::RunLog::Level::error, "fetch", strcat("page ", at.page + 1, " cannot be used: ", failure.code));
  feed(core::event::PageFailed{at, std::move(failure)});
}

void PullJob::load() {
  core::Laps laps(plan_.timing);
  auto loaded = std::make_unique<LoadedPage>();
  loaded->at = *fetch_;
  std::optional<core::RunFailure> failure;
  const bool free = when_free([&] { failure = load_failed_page(plan_, *loaded, owner_); });
  laps.lap(core::Stage::read);
  if (!free) {
    not_before_ = base::monotonic() + base::kSecond / 2;
    return;
  }
  const core::Position at = *std::exchange(fetch_, std::nullopt);
  if (failure) return page_failed(at, *std::move(failure));
  const core::event::PageArrived arrived{at, loaded->next, loaded->page.records()};
  arrived_ = std::move(loaded);
  feed(arrived);
}

std::optional<net::TransferId> PullJob::take_abandoned() { return std::exchange(abandoned_, std::nullopt); }

void PullJob::apply() {
  if (waits_since_ != 0) plan_.timing.add(core::Stage::wait, base::monotonic() - std::exchange(waits_since_, 0));
  if (scan_)
    scan();
  else if (sweep_)
    sweep();
  else
    apply_current();
}

void PullJob::apply_current() {
  ApplyOutcome outcome = apply_page(plan_, *current_, owner_);
  const core::Position at = current_->at;
  switch (outcome.kind) {
    case ApplyOutcome::Kind::applied:
      busy_times_ = 0;
      resume_ = std::move(current_->stored);
      safe_ = std::move(current_->safe);
      spent_body_ = std::move(current_->response.body);
      current_.reset();
      kept_out_ += outcome.kept_out;
      if (plan_.spec.verify) plan_.differences += outcome.errors;
      say(plan_.spec,
          strcat(at.feed ? "has page of deletions " : "has page ", at.page + 1, ", with ", outcome.errors, " errors"));
      feed(core::event::PageApplied{at, outcome.errors, outcome.held_back, outcome.proof});
      if (outcome.cancel_requested) cancel();
      return;
    case ApplyOutcome::Kind::busy:
      back_off(std::move(outcome));
      return;
    case ApplyOutcome::Kind::lost:
      abandoned_ = std::exchange(transfer_, std::nullopt);
      done_ = true;
      return;
    case ApplyOutcome::Kind::failed:
      current_.reset();
      forget_position_ = forget_position_ || at.feed;
      feed(core::event::ApplyFailed{at, *outcome.failure});
      return;
  }
}

void PullJob::sweep() {
  core::Laps laps(plan_.timing);
  Sweep::Outcome outcome = sweep_->step(plan_, owner_);
  laps.lap(core::Stage::deletes);
  if (outcome.kind != Sweep::Outcome::Kind::busy) busy_times_ = 0;
  switch (outcome.kind) {
    case Sweep::Outcome::Kind::more:
      if (outcome.cancel_requested) cancel();
      return;
    case Sweep::Outcome::Kind::done:
      say(plan_.spec, strcat("has deleted ", plan_.deletes->counts.deleted, " rows, and held back ",
                             plan_.deletes->counts.held_back));
      kept_out_ += sweep_->kept_out();
      feed(core::event::Swept{sweep_->errors(), static_cast<std::size_t>(plan_.deletes->counts.held_back)});
      return;
    case Sweep::Outcome::Kind::busy:
      return wait_to_sweep(outcome.busy_on);
    case Sweep::Outcome::Kind::lost:
      sweep_.reset();
      done_ = true;
      return;
    case Sweep::Outcome::Kind::failed:
      feed(core::event::SweepFailed{*std::move(outcome.failure)});
      return;
  }
}

std::unique_ptr<LoadedPage> PullJob::take_page() {
  std::unique_ptr<LoadedPage> page = std::move(current_);
  if (page) feed(core::event::PageApplied{page->at, 0});
  return page;
}

void PullJob::scan() {
  ApplyOutcome outcome = scan_->step(plan_, owner_);
  if (outcome.kind != ApplyOutcome::Kind::busy) busy_times_ = 0;
  switch (outcome.kind) {
    case ApplyOutcome::Kind::applied:
      plan_.differences += outcome.errors;
      if (outcome.cancel_requested && !scan_->done())
        cancel();
      else if (scan_->done())
        feed(core::event::Swept{plan_.differences, 0});
      return;
    case ApplyOutcome::Kind::busy:
      return wait_to_sweep(outcome.busy_on);
    case ApplyOutcome::Kind::lost:
      scan_.reset();
      done_ = true;
      return;
    case ApplyOutcome::Kind::failed:
      feed(core::event::SweepFailed{*outcome.failure});
      return;
  }
}

// Deleting what is gone and comparing what is there come after the pages, and wait alike.
void PullJob::wait_to_sweep(const std::string& busy_on) {
  if (++busy_times_ <= kMostBusyTimes) return wait_for_lock(busy_on);
  feed(core::event::SweepFailed{waited_in_vain(busy_on)});
}

// A lock that others hold delays this run only: it waits, longer each time, and says what for.
void PullJob::back_off(ApplyOutcome outcome) {
  if (++busy_times_ > kMostBusyTimes) {
    const core::Position at = current_->at;
    current_.reset();
    core::RunFailure failure = waited_in_vain(outcome.busy_on);
    if (outcome.failure) outcome.failure->message = std::move(failure.message);
    feed(core::event::ApplyFailed{at, std::move(outcome.failure).value_or(std::move(failure))});
    return;
  }
  if (!leave_locked_page()) wait_for_lock(outcome.busy_on);
}

void PullJob::wait_for_lock(const std::string& busy_on) {
  const base::Micros pause = std::min(kFirstPause << std::min(busy_times_ - 1, 10), kLongestPause);
  waits_since_ = base::monotonic();
  not_before_ = waits_since_ + pause;
  plan_.log.add(store::RunLog::Level::warning, "wait", strcat("waits for ", busy_on),
                {{"ms", base::Json(pause / 1000)}});
  if (pause < base::kSecond) return;
  when_free([&] {
    pg::Transaction tx(strcat("note that ", plan_.spec.mapping, " waits"));
    pg::reset_session(owner_, kLockTimeoutMs, 0);
    store::set_waiting(tx, plan_.spec, busy_on, base::Instant{base::now().micros + pause});
    tx.commit();
  });
}

// Nobody waits for a lock on behalf of a run that is to end: its page stays where the next one begins.
bool PullJob::leave_locked_page() {
  if (machine_.state() != core::Run::State::draining || !current_ || busy_times_ == 0) return false;
  const core::Position at = current_->at;
  current_.reset();
  feed(core::event::ApplyGivenUp{at});
  return true;
}

void PullJob::cancel() {
  feed(core::event::Cancel{});
  leave_locked_page();
}

void PullJob::yield() {
  feed(core::event::Yield{});
  leave_locked_page();
}

std::optional<base::Micros> PullJob::not_before() const noexcept {
  return current_ || scan_ || sweep_ || wants_load(not_before_) || (wants_close(not_before_) && !done_)
             ? std::optional(not_before_)
             : std::nullopt;
}

std::size_t PullJob::held_bytes() const noexcept {
  return (arrived_ ? arrived_->response.body.size() : 0) + (current_ ? current_->response.body.size() : 0);
}

void PullJob::feed(const core::Event& event) {
  for (core::Action& action : machine_.step(event)) {
    std::visit(Overloaded{
                   [&](core::action::Fetch& fetch) { fetch_ = std::move(fetch.at); },
                   [&](core::action::Apply&) { current_ = std::move(arrived_); },
                   [&](core::action::AbortFetch&) {
                     abandoned_ = std::exchange(transfer_, std::nullopt);
                     fetch_.reset();
                     arrived_.reset();
                   },
                   [&](core::action::Sweep&) {
                     if (plan_.spec.verify)
                       scan_.emplace(plan_.spec.position);
                     else
                       sweep_.emplace();
                   },
                   [&](core::action::Close& close) {
                     scan_.reset();
                     sweep_.reset();
                     close_ = std::move(close);
                     log_end(core::run_status_name(close_->status));
                   },
                   [&](core::action::Release&) {
                     scan_.reset();
                     sweep_.reset();
                     release_ = true;
                     log_end("is handed over");
                   },
               },
               action);
  }
}

}  // namespace tandem::worker
