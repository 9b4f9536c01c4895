#include "worker/pull_job.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/failures.hpp"
#include "net/date.hpp"
#include "net/url.hpp"
#include "pg/log.hpp"
#include "pg/session.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/background.hpp"
#include "worker/wake.hpp"
#include "worker/when_free.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

// tandem.log_level = detailed: what runs do, in the server's log. Names and numbers only.
template <class... Pieces>
void say(const store::RunSpec& spec, const Pieces&... pieces) {
  if (pg::settings().log_level == 0) return;
  pg::log(pg::Level::log, strcat("tandem: run ", spec.run, " of ", spec.mapping, " ", pieces...));
}

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
  say(plan_.spec, plan_.resumed ? "goes on" : "begins");
  feed(core::event::Begin{});
}

std::optional<net::Request> PullJob::make_request() {
  base::Result<net::Request> request =
      page_request(plan_.api, plan_.pager.request(*fetch_), plan_.credentials, plan_.pool);
  if (request) return *std::move(request);
  const core::Position at = *std::exchange(fetch_, std::nullopt);
  page_failed(at, core::failure_of_error(request.error()));
  return std::nullopt;
}

void PullJob::on_response(net::Response response) {
  transfer_.reset();
  if (!fetch_) return;  // given up in the meantime
  const core::Position at = *std::exchange(fetch_, std::nullopt);
  fetch_micros_ += response.total_micros;
  if (response.error) {
    page_failed(at, core::failure_of_error(*response.error));
    return;
  }
  if (response.status < 200 || response.status > 299) {
    page_failed(at, core::failure_of_status(response.status, plan_.object.name, said_in(response, plan_.credentials)));
    return;
  }
  const base::Micros begin = base::monotonic();
  auto loaded = std::make_unique<LoadedPage>();
  loaded->at = at;
  loaded->response = std::move(response);
  const base::Result<bool> read = read_page(*loaded);
  read_micros_ += base::monotonic() - begin;
  if (!read) {
    page_failed(at, core::failure_of_error(read.error()));
    return;
  }
  const core::event::PageArrived arrived{at, loaded->next, loaded->page.records()};
  arrived_ = std::move(loaded);
  feed(arrived);
}

// A stored position that the other side does not know any more (a token that expired, a page that is gone) would fail
// every run from now on: the next one begins anew.
void PullJob::page_failed(const core::Position& at, core::RunFailure failure) {
  const bool refused = failure.code == core::code::kNotFound || failure.code == core::code::kRequestRefused ||
                       failure.code == core::code::kUnreadable;
  forget_position_ = plan_.resumed && at == plan_.pager.start() && refused;
  feed(core::event::PageFailed{at, std::move(failure)});
}

// Reads the records and decides which page comes next.
base::Result<bool> PullJob::read_page(LoadedPage& loaded) {
  if (const auto date = loaded.response.header("date"); date && !plan_.began)
    if (const auto instant = net::parse_http_date(std::string(*date))) {
      plan_.began = std::to_string(instant->micros);
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
  ApplyOutcome outcome = apply_page(plan_, *current_, owner_);
  apply_micros_ += base::monotonic() - begin;
  const core::Position at = current_->at;
  switch (outcome.kind) {
    case ApplyOutcome::Kind::applied:
      busy_times_ = 0;
      current_.reset();
      kept_out_ += outcome.kept_out;
      say(plan_.spec, "has page ", at.page + 1, ", with ", outcome.errors, " errors");
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
    core::RunFailure failure =
        outcome.failure.value_or(core::RunFailure{core::error_type::kDatabase, core::code::kLocked, {}, {}, true});
    failure.message = strcat("waited in vain for ", outcome.busy_on);
    feed(core::event::ApplyFailed{at, std::move(failure)});
    return;
  }
  if (leave_locked_page()) return;
  const base::Micros pause = std::min(kFirstPause << std::min(busy_times_ - 1, 10), kLongestPause);
  not_before_ = base::monotonic() + pause;
  if (pause < base::kSecond) return;
  when_free([&] {
    pg::Transaction tx(strcat("note that ", plan_.spec.mapping, " waits"));
    pg::reset_session(owner_, kLockTimeoutMs, 0);
    store::set_waiting(tx, plan_.spec, outcome.busy_on, base::Instant{base::now().micros + pause});
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
  return current_ || (wants_close(not_before_) && !done_) ? std::optional(not_before_) : std::nullopt;
}

void PullJob::close() {
  const bool written = when_free([&] {
    pg::Transaction tx(strcat("finish the run of ", plan_.spec.mapping));
    pg::reset_session(owner_, kLockTimeoutMs, 0);
    if (begin_unit() != Unit::usable) return;  // the extension goes, and the run with it
    if (release_) {
      store::release_run(tx, plan_.spec);
    } else {
      store::close_run(tx, plan_.spec, closing());
    }
    tx.commit();
  });
  if (!written) {  // somebody holds the mapping's row: once more in a moment
    not_before_ = base::monotonic() + base::kSecond / 2;
    return;
  }
  done_ = true;
  say(plan_.spec, release_ ? "is handed over" : core::run_status_name(close_->status));
  feed(core::event::Closed{});
}

store::Closing PullJob::closing() const {
  store::Closing closing;
  closing.status = close_->status;
  closing.failure = close_->failure;
  if (close_->resume && !forget_position_ && !plan_.spec.full) {
    closing.resume = stored_position(*close_->resume, plan_.began);
    closing.resume->set("listing", base::Json(plan_.listing));
  }
  if (close_->complete && plan_.watermark) closing.cursor = plan_.watermark->value();
  if (kept_out_ > 0)
    closing.note = core::RunFailure{
        .code = core::code::kKeptOut,
        .message = strcat(kept_out_, " rows were kept out of ", plan_.write.table.quoted, " by a trigger or a policy")};
  closing.timing = timing();
  return closing;
}

std::size_t PullJob::held_bytes() const noexcept {
  return (arrived_ ? arrived_->response.body.size() : 0) + (current_ ? current_->response.body.size() : 0);
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

namespace {

void end_run(const store::RunSpec& spec, pg::Oid owner, const store::Closing& closing) {
  pg::Transaction tx(strcat("finish the run of ", spec.mapping));
  pg::reset_session(owner, kLockTimeoutMs, 0);
  if (begin_unit() != Unit::usable) return;
  store::close_run(tx, spec, closing);
  tx.commit();
  say(spec, core::run_status_name(closing.status));
}

}  // namespace

void postpone_run(const store::RunSpec& spec, pg::Oid owner, const std::string& waiting_on) {
  pg::Transaction tx(strcat("put off ", spec.mapping));
  pg::reset_session(owner, kLockTimeoutMs, 0);
  store::postpone_run(tx, spec, base::Instant{base::now().micros + base::kSecond}, waiting_on);
  wake_scheduler_at_commit();  // it sets the alarm
  tx.commit();
}

void fail_run(const store::RunSpec& spec, pg::Oid owner, const core::RunFailure& failure) {
  store::Closing closing;
  closing.status = core::RunStatus::failed;
  closing.failure = failure;
  closing.resume = spec.resume;
  end_run(spec, owner, closing);
}

void complete_run(const store::RunSpec& spec, pg::Oid owner) {
  store::Closing closing;
  closing.status = spec.failed > 0 ? core::RunStatus::partial : core::RunStatus::completed;
  closing.cursor = spec.position->string_at("cursor");
  end_run(spec, owner, closing);
}

}  // namespace tandem::worker
