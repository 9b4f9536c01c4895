#include "worker/pull_job.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/strings.hpp"
#include "core/failures.hpp"
#include "net/date.hpp"
#include "net/url.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "worker/wake.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr int kMostBusyTimes = 100;  // about ten minutes of a lock that never goes away
constexpr base::Micros kFirstPause = 50'000, kLongestPause = 10 * base::kSecond;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

// RFC 8288 allows several Link headers.
std::string next_link(const net::Response& response) {
  for (const net::Header& header : response.headers)
    if (base::lower(header.name) == "link")
      if (std::string next = net::link_next(header.value); !next.empty()) return next;
  return {};
}

}  // namespace

PullJob::PullJob(PullPlan plan, pg::Oid owner)
    : plan_(std::move(plan)),
      owner_(owner),
      machine_(plan_.pager.start(), static_cast<std::size_t>(plan_.spec.failed)) {
  feed(core::event::Begin{});
}

std::optional<net::Request> PullJob::make_request() {
  base::Result<net::Request> request =
      page_request(plan_.api, plan_.pager.request(*fetch_), plan_.credentials, plan_.pool);
  if (request) return *std::move(request);
  const core::Position at = *std::exchange(fetch_, std::nullopt);
  feed(core::event::PageFailed{at, core::failure_of_error(request.error())});
  return std::nullopt;
}

void PullJob::on_response(net::Response response) {
  transfer_.reset();
  if (!fetch_) return;  // given up in the meantime
  const core::Position at = *std::exchange(fetch_, std::nullopt);
  fetch_micros_ += response.total_micros;
  if (response.error) {
    feed(core::event::PageFailed{at, core::failure_of_error(*response.error)});
    return;
  }
  if (response.status < 200 || response.status > 299) {
    feed(core::event::PageFailed{
        at, core::failure_of_status(response.status, plan_.object.name, said_in(response, plan_.credentials))});
    return;
  }
  const base::Micros begin = base::monotonic();
  auto loaded = std::make_unique<LoadedPage>();
  loaded->at = at;
  loaded->response = std::move(response);
  const base::Result<bool> read = read_page(*loaded);
  read_micros_ += base::monotonic() - begin;
  if (!read) {
    feed(core::event::PageFailed{at, core::failure_of_error(read.error())});
    return;
  }
  const core::event::PageArrived arrived{at, loaded->next, loaded->page.records()};
  arrived_ = std::move(loaded);
  feed(arrived);
}

// Reads the records and decides which page comes next.
base::Result<bool> PullJob::read_page(LoadedPage& loaded) {
  if (const auto date = loaded.response.header("date"); date && !began_)
    if (const auto instant = net::parse_http_date(std::string(*date))) {
      began_ = std::to_string(instant->micros);
      if (plan_.watermark) plan_.watermark->set_began(*instant);
    }
  if (loaded.response.status == 204) return true;  // no content: an empty page, and the last
  base::Result<base::Page> page = plan_.reader.read(loaded.response.body, loaded.arena);
  if (!page) return page.error();
  loaded.page = *std::move(page);
  const core::PageSeen seen = plan_.pager.seen(loaded.page.records(), loaded.page.facts, next_link(loaded.response));
  base::Result<std::optional<core::Position>> next = plan_.pager.next(loaded.at, seen);
  if (!next) return next.error();
  loaded.next = *std::move(next);
  loaded.total = seen.total;
  if (plan_.watermark && plan_.rows.cursor_field())
    for (std::size_t i = 0; i < loaded.page.records(); ++i)
      plan_.watermark->see(loaded.page.record(i)[*plan_.rows.cursor_field()]);
  return true;
}

std::optional<net::TransferId> PullJob::take_abandoned() { return std::exchange(abandoned_, std::nullopt); }

void PullJob::apply() {
  const base::Micros begin = base::monotonic();
  ApplyOutcome outcome = apply_page(plan_, *current_, owner_, began_);
  apply_micros_ += base::monotonic() - begin;
  const core::Position at = current_->at;
  switch (outcome.kind) {
    case ApplyOutcome::Kind::applied:
      busy_times_ = 0;
      current_.reset();
      feed(core::event::PageApplied{at, outcome.errors});
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
      feed(core::event::ApplyFailed{at, *outcome.failure});
      return;
  }
}

// A lock that others hold delays this run only: it waits, longer each time, and says what for.
void PullJob::back_off(ApplyOutcome outcome) {
  if (++busy_times_ > kMostBusyTimes) {
    const core::Position at = current_->at;
    current_.reset();
    core::RunFailure failure = outcome.failure.value_or(core::RunFailure{"DATABASE_ERROR", "TD409", {}, {}, true});
    failure.message = strcat("waited in vain for ", outcome.busy_on);
    feed(core::event::ApplyFailed{at, std::move(failure)});
    return;
  }
  if (leave_locked_page()) return;
  const base::Micros pause = std::min(kFirstPause << std::min(busy_times_ - 1, 10), kLongestPause);
  not_before_ = base::monotonic() + pause;
  if (pause < base::kSecond) return;
  pg::Transaction tx(strcat("note that ", plan_.spec.mapping, " waits"));
  pg::reset_session(owner_, 0, 0);
  store::set_waiting(tx, plan_.spec, outcome.busy_on, base::Instant{base::now().micros + pause});
  tx.commit();
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
  return current_ ? std::optional(not_before_) : std::nullopt;
}

void PullJob::close() {
  pg::Transaction tx(strcat("finish the run of ", plan_.spec.mapping));
  pg::reset_session(owner_, 0, 0);
  if (release_) {
    store::release_run(tx, plan_.spec);
  } else {
    store::Closing closing;
    closing.status = close_->status;
    closing.failure = close_->failure;
    if (close_->resume) closing.resume = stored_position(*close_->resume, began_);
    if (close_->complete && plan_.watermark) closing.cursor = plan_.watermark->value();
    closing.timing = timing();
    store::close_run(tx, plan_.spec, closing);
  }
  tx.commit();
  done_ = true;
  feed(core::event::Closed{});
}

base::Json PullJob::timing() const {
  base::Json json = base::Json::object();
  json.set("fetch_ms", base::Json(fetch_micros_ / 1000));
  json.set("read_ms", base::Json(read_micros_ / 1000));
  json.set("apply_ms", base::Json(apply_micros_ / 1000));
  return json;
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
                   [&](core::action::Close& close) { close_ = std::move(close); },
                   [&](core::action::Release&) { release_ = true; },
               },
               action);
  }
}

void postpone_run(const store::RunSpec& spec, pg::Oid owner, const std::string& waiting_on) {
  pg::Transaction tx(strcat("put off ", spec.mapping));
  pg::reset_session(owner, 0, 0);
  store::postpone_run(tx, spec, base::Instant{base::now().micros + base::kSecond}, waiting_on);
  wake_scheduler_at_commit();  // it sets the alarm
  tx.commit();
}

void fail_run(const store::RunSpec& spec, pg::Oid owner, const core::RunFailure& failure) {
  pg::Transaction tx(strcat("finish the run of ", spec.mapping));
  pg::reset_session(owner, 0, 0);
  store::Closing closing;
  closing.status = core::RunStatus::failed;
  closing.failure = failure;
  closing.resume = spec.position ? spec.position : spec.resume;
  store::close_run(tx, spec, closing);
  tx.commit();
}

}  // namespace tandem::worker
