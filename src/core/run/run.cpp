#include "core/run/run.hpp"

#include "base/strings.hpp"

namespace tandem::core {

const char* run_status_name(RunStatus status) {
  switch (status) {
    case RunStatus::pending:
      return "pending";
    case RunStatus::running:
      return "running";
    case RunStatus::completed:
      return "completed";
    case RunStatus::partial:
      return "partial";
    case RunStatus::failed:
      return "failed";
    case RunStatus::cancelled:
      return "cancelled";
  }
  return "failed";  // not reached: the switch is exhaustive
}

const char* run_state_name(Run::State state) {
  switch (state) {
    case Run::State::ready:
      return "ready";
    case Run::State::running:
      return "running";
    case Run::State::draining:
      return "draining";
    case Run::State::sweeping:
      return "sweeping";
    case Run::State::closing:
      return "closing";
    case Run::State::done:
      return "done";
  }
  return "done";  // not reached: the switch is exhaustive
}

std::vector<Action> Run::step(const Event& event) {
  Actions out;
  std::visit([&](const auto& e) { on(e, out); }, event);
  return out;
}

void Run::on(const event::Begin&, Actions& out) {
  expect(state_ == State::ready, "Begin");
  state_ = State::running;
  if (!resume_) return listed(out);
  fetch(resume_, out);
}

void Run::on(const event::PageArrived& arrived, Actions& out) {
  expect(state_ == State::running && in_flight_ == arrived.at, "PageArrived");
  in_flight_.reset();
  Page page{arrived.at, arrived.next};
  if (applying_)
    ahead_ = std::move(page);
  else
    apply(std::move(page), out);
}

void Run::on(const event::PageFailed& failed, Actions& out) {
  expect(state_ == State::running && in_flight_ == failed.at, "PageFailed");
  in_flight_.reset();
  failure_ = failed.failure;
  drain(out);
}

// The page in hand stays; what it was to be followed by is gone.
void Run::on(const event::ListingLost& lost, Actions& out) {
  expect(state_ == State::running && in_flight_ == lost.at, "ListingLost");
  in_flight_.reset();
  if (applying_)
    applying_->next = lost.restart;
  else
    resume_ = lost.restart;
  fetch(lost.restart, out);
}

void Run::on(const event::PageApplied& applied, Actions& out) {
  take_applying(applied.at, "PageApplied");
  errors_ += applied.errors;
  held_back_ += applied.held_back;
  sweeps_ = sweeps_ && applied.proof;
  resume_ = std::move(applying_->next);
  applying_.reset();
  if (!resume_) return listed(out);
  if (state_ == State::draining) return close(out);
  if (!ahead_) return;  // the page after this one is in flight
  Page page = std::move(*ahead_);
  ahead_.reset();
  apply(std::move(page), out);
}

void Run::on(const event::ApplyFailed& failed, Actions& out) {
  take_applying(failed.at, "ApplyFailed");
  applying_.reset();
  // Replaces the failure of a later fetch: this page is where the next run starts.
  failure_ = failed.failure;
  abort_fetch(out);
  close(out);
}

void Run::on(const event::ApplyGivenUp& given_up, Actions& out) {
  expect(state_ == State::draining, "ApplyGivenUp");
  take_applying(given_up.at, "ApplyGivenUp");
  applying_.reset();
  close(out);
}

void Run::on(const event::Swept& swept, Actions& out) {
  expect(state_ == State::sweeping, "Swept");
  errors_ += swept.errors;
  held_back_ += swept.held_back;
  sweeps_ = false;
  close(out);
}

void Run::on(const event::SweepFailed& failed, Actions& out) {
  expect(state_ == State::sweeping, "SweepFailed");
  failure_ = failed.failure;
  close(out);
}

void Run::on(const event::Cancel&, Actions& out) {
  expect(state_ != State::done, "Cancel");
  if (state_ == State::closing) return;  // too late: the last row is being written
  cancelled_ = true;
  abort_fetch(out);
  drain(out);
}

void Run::on(const event::Yield&, Actions& out) {
  expect(state_ != State::done, "Yield");
  if (state_ == State::draining || state_ == State::closing) return;  // about to leave anyway
  yielding_ = true;
  abort_fetch(out);
  drain(out);
}

void Run::on(const event::Closed&, Actions&) {
  expect(state_ == State::closing, "Closed");
  state_ = State::done;
}

void Run::fetch(const std::optional<Position>& at, Actions& out) {
  if (!at) return;
  in_flight_ = at;
  out.emplace_back(action::Fetch{*at});
}

// Starting to apply a page is what makes room for the next one to be fetched.
void Run::apply(Page page, Actions& out) {
  applying_ = std::move(page);
  out.emplace_back(action::Apply{applying_->at, applying_->next});
  fetch(applying_->next, out);
}

void Run::abort_fetch(Actions& out) {
  if (!in_flight_ && !ahead_) return;
  in_flight_.reset();
  ahead_.reset();
  out.emplace_back(action::AbortFetch{});
}

void Run::drain(Actions& out) {
  state_ = State::draining;
  if (!applying_) close(out);
}

void Run::listed(Actions& out) {
  if (!sweeps_ || cancelled_ || yielding_) return close(out);
  state_ = State::sweeping;
  out.emplace_back(action::Sweep{});
}

// The one place that says how a run ends. A listing read to its end is complete even if
// somebody cancelled during its last page, unless deletes were left to be cancelled.
void Run::close(Actions& out) {
  state_ = State::closing;
  if (failure_) {
    out.emplace_back(action::Close{RunStatus::failed, failure_, resume_, !resume_});
  } else if (!resume_ && !sweeps_) {
    const RunStatus status = errors_ + held_back_ > 0 ? RunStatus::partial : RunStatus::completed;
    out.emplace_back(action::Close{status, std::nullopt, std::nullopt, true});
  } else if (cancelled_) {
    out.emplace_back(action::Close{RunStatus::cancelled, std::nullopt, resume_, !resume_});
  } else {
    expect(yielding_, "close");
    out.emplace_back(action::Release{resume_});
  }
}

void Run::take_applying(const Position& at, const char* event) {
  expect((state_ == State::running || state_ == State::draining) && applying_ && applying_->at == at, event);
}

void Run::expect(bool right, const char* event) const {
  if (right) return;
  throw base::Failure(base::Errc::internal,
                      base::strcat("run is not ready for event ", event, " in state ", run_state_name(state_)));
}

}  // namespace tandem::core
