// The run state machine: each path of its diagram, then thousands of random runs against
// a simulated source whose invariants say what a run promises.
#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "core/run/run.hpp"

namespace tandem::core {
namespace {

using Machine = Run;  // in a TEST, Run is a member of testing::Test
using State = Machine::State;

Position page(std::int64_t number) { return {.page = number, .offset = number * 10}; }
std::optional<Position> after(std::int64_t number, std::int64_t pages) {
  return number + 1 < pages ? std::optional(page(number + 1)) : std::nullopt;
}
event::PageArrived arrived(std::int64_t number, std::int64_t pages) { return {page(number), after(number, pages), 10}; }
RunFailure failure(const char* message) { return {.error_type = "NETWORK_ERROR", .code = "TD201", .message = message}; }

// "fetch 1 | apply 0", for short comparisons.
std::string told(const std::vector<Action>& actions) {
  const auto number = [](const std::optional<Position>& at) {
    return at ? std::to_string(at->page) : std::string("-");
  };
  std::string out;
  for (const Action& action : actions) {
    if (!out.empty()) out += " | ";
    if (const auto* fetch = std::get_if<action::Fetch>(&action)) out += "fetch " + number(fetch->at);
    if (const auto* apply = std::get_if<action::Apply>(&action))
      out += "apply " + number(apply->at) + " then " + number(apply->next);
    if (std::holds_alternative<action::AbortFetch>(action)) out += "abort";
    if (std::holds_alternative<action::Sweep>(action)) out += "sweep";
    if (const auto* release = std::get_if<action::Release>(&action)) out += "release " + number(release->resume);
    if (const auto* close = std::get_if<action::Close>(&action)) {
      out += std::string("close ") + run_status_name(close->status) + " resume " + number(close->resume) +
             (close->complete ? " complete" : "");
      if (close->failure) out += " " + close->failure->message;
    }
  }
  return out;
}

TEST(Run, FetchesOnePageAheadAndNoMore) {
  Machine run(page(0));
  EXPECT_EQ(run.state(), State::ready);
  EXPECT_EQ(told(run.step(event::Begin{})), "fetch 0");
  EXPECT_EQ(told(run.step(arrived(0, 3))), "apply 0 then 1 | fetch 1");
  EXPECT_EQ(told(run.step(arrived(1, 3))), "");  // waits for its turn, and page 2 with it
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "apply 1 then 2 | fetch 2");
  EXPECT_EQ(told(run.step(event::PageApplied{page(1), 0})), "");
  EXPECT_EQ(told(run.step(arrived(2, 3))), "apply 2 then -");
  EXPECT_EQ(run.state(), State::running);
  EXPECT_EQ(told(run.step(event::PageApplied{page(2), 0})), "close completed resume - complete");
  EXPECT_EQ(run.state(), State::closing);
  EXPECT_EQ(told(run.step(event::Closed{})), "");
  EXPECT_EQ(run.state(), State::done);
}

TEST(Run, ErrorsOfRecordsMakeItPartial) {
  Machine run(page(0));
  run.step(event::Begin{});
  run.step(arrived(0, 1));
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 2})), "close partial resume - complete");
}

TEST(Run, ErrorsOfAnEarlierTakerCount) {
  Machine run(page(4), 1);
  EXPECT_EQ(told(run.step(event::Begin{})), "fetch 4");
  run.step(arrived(4, 5));
  EXPECT_EQ(told(run.step(event::PageApplied{page(4), 0})), "close partial resume - complete");
}

TEST(Run, FailedPageKeepsWhatArrivedBefore) {
  Machine run(page(0));
  run.step(event::Begin{});
  run.step(arrived(0, 9));
  EXPECT_EQ(told(run.step(event::PageFailed{page(1), failure("reset")})), "");
  EXPECT_EQ(run.state(), State::draining);
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "close failed resume 1 reset");
}

TEST(Run, FailedFirstPageClosesAtOnce) {
  Machine run(page(3));
  run.step(event::Begin{});
  EXPECT_EQ(told(run.step(event::PageFailed{page(3), failure("dns")})), "close failed resume 3 dns");
}

TEST(Run, ALostListingIsReadAnewAndThePageInHandStays) {
  Machine run(page(5));
  run.step(event::Begin{});
  run.step(arrived(5, 9));
  EXPECT_EQ(told(run.step(event::ListingLost{page(6), page(0)})), "fetch 0");
  EXPECT_EQ(told(run.step(event::PageApplied{page(5), 0})), "");  // more is to come: no close
  EXPECT_EQ(told(run.step(arrived(0, 2))), "apply 0 then 1 | fetch 1");
  EXPECT_EQ(told(run.step(event::PageFailed{page(1), failure("reset")})), "");
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "close failed resume 1 reset");
}

TEST(Run, AListingLostAtItsFirstPageResumesAtTheNewBeginning) {
  Machine run(page(5));
  run.step(event::Begin{});
  EXPECT_EQ(told(run.step(event::ListingLost{page(5), page(0)})), "fetch 0");
  EXPECT_EQ(told(run.step(event::Cancel{})), "abort | close cancelled resume 0");
}

TEST(Run, AListingLostWhileItsFirstPageIsAppliedBeginsThereAgain) {
  Machine run(page(0));
  run.step(event::Begin{});
  run.step(arrived(0, 9));
  EXPECT_EQ(told(run.step(event::ListingLost{page(1), page(0)})), "fetch 0");
  EXPECT_EQ(told(run.step(arrived(0, 1))), "");
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "apply 0 then -");
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "close completed resume - complete");
}

TEST(Run, FailedApplyDropsTheRest) {
  Machine in_flight(page(0));
  in_flight.step(event::Begin{});
  in_flight.step(arrived(0, 9));
  EXPECT_EQ(told(in_flight.step(event::ApplyFailed{page(0), failure("disk full")})),
            "abort | close failed resume 0 disk full");
  Machine ahead(page(0));
  ahead.step(event::Begin{});
  ahead.step(arrived(0, 9));
  ahead.step(arrived(1, 9));
  EXPECT_EQ(told(ahead.step(event::ApplyFailed{page(0), failure("disk full")})),
            "abort | close failed resume 0 disk full");
  Machine last(page(0));
  last.step(event::Begin{});
  last.step(arrived(0, 1));
  EXPECT_EQ(told(last.step(event::ApplyFailed{page(0), failure("disk full")})), "close failed resume 0 disk full");
}

TEST(Run, TheEarlierPageNamesTheFailure) {
  Machine run(page(0));
  run.step(event::Begin{});
  run.step(arrived(0, 9));
  run.step(event::PageFailed{page(1), failure("reset")});
  EXPECT_EQ(told(run.step(event::ApplyFailed{page(0), failure("deadlock")})), "close failed resume 0 deadlock");
}

TEST(Run, CancelFinishesThePageInHand) {
  Machine run(page(0));
  run.step(event::Begin{});
  run.step(arrived(0, 9));
  EXPECT_EQ(told(run.step(event::Cancel{})), "abort");
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "close cancelled resume 1");
}

TEST(Run, CancelWithoutAPageInHandClosesAtOnce) {
  Machine run(page(0));
  run.step(event::Begin{});
  EXPECT_EQ(told(run.step(event::Cancel{})), "abort | close cancelled resume 0");
  Machine ready(page(2));
  EXPECT_EQ(told(ready.step(event::Cancel{})), "close cancelled resume 2");
}

TEST(Run, CancelDropsThePageFetchedAhead) {
  Machine run(page(0));
  run.step(event::Begin{});
  run.step(arrived(0, 9));
  run.step(arrived(1, 9));
  EXPECT_EQ(told(run.step(event::Cancel{})), "abort");
  EXPECT_EQ(told(run.step(event::Cancel{})), "");
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "close cancelled resume 1");
}

TEST(Run, PageThatWaitsForALockIsGivenUpWhenTheRunIsToEnd) {
  Machine cancelled(page(0));
  cancelled.step(event::Begin{});
  cancelled.step(arrived(0, 9));
  EXPECT_THROW(cancelled.step(event::ApplyGivenUp{page(0)}), base::Failure) << "while it runs, it waits";
  cancelled.step(event::Cancel{});
  EXPECT_EQ(told(cancelled.step(event::ApplyGivenUp{page(0)})), "close cancelled resume 0");

  Machine yielded(page(0));
  yielded.step(event::Begin{});
  yielded.step(arrived(0, 9));
  yielded.step(event::Yield{});
  EXPECT_EQ(told(yielded.step(event::ApplyGivenUp{page(0)})), "release 0");
}

TEST(Run, YieldReleases) {
  Machine run(page(0));
  run.step(event::Begin{});
  run.step(arrived(0, 9));
  EXPECT_EQ(told(run.step(event::Yield{})), "abort");
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 3})), "release 1");
  run.step(event::Closed{});
  EXPECT_EQ(run.state(), State::done);
  Machine ready(page(2));
  EXPECT_EQ(told(ready.step(event::Yield{})), "release 2");
}

TEST(Run, CancelWinsOverYieldInAnyOrder) {
  for (const bool cancel_first : {false, true}) {
    Machine run(page(0));
    run.step(event::Begin{});
    run.step(arrived(0, 9));
    const Event cancel = event::Cancel{}, yield = event::Yield{};
    run.step(cancel_first ? cancel : yield);
    run.step(cancel_first ? yield : cancel);
    EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "close cancelled resume 1");
  }
}

TEST(Run, FailureWinsOverCancelAndYield) {
  for (const Event& request : {Event(event::Cancel{}), Event(event::Yield{})}) {
    Machine run(page(0));
    run.step(event::Begin{});
    run.step(arrived(0, 9));
    run.step(event::PageFailed{page(1), failure("reset")});
    EXPECT_EQ(told(run.step(request)), "");
    EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "close failed resume 1 reset");
  }
}

TEST(Run, AListingReadToItsEndIsCompleteWhateverWasAskedMeanwhile) {
  for (const Event& request : {Event(event::Cancel{}), Event(event::Yield{})}) {
    Machine run(page(0));
    run.step(event::Begin{});
    run.step(arrived(0, 1));
    EXPECT_EQ(told(run.step(request)), "");
    EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "close completed resume - complete");
    EXPECT_EQ(told(run.step(request)), "");  // too late
  }
}

// A run that sweeps, after its only page.
Machine listed(event::PageApplied applied = {page(0), 0}) {
  Machine run(page(0), 0, true);
  run.step(event::Begin{});
  run.step(arrived(0, 1));
  run.step(applied);
  return run;
}

TEST(Run, WhatAListingProvesIsSweptAtItsEnd) {
  Machine run(page(0), 0, true);
  run.step(event::Begin{});
  run.step(arrived(0, 2));
  run.step(arrived(1, 2));
  EXPECT_EQ(told(run.step(event::PageApplied{page(0), 0})), "apply 1 then -");
  EXPECT_EQ(told(run.step(event::PageApplied{page(1), 0})), "sweep");
  EXPECT_EQ(run.state(), State::sweeping);
  EXPECT_EQ(told(run.step(event::Swept{0, 0})), "close completed resume - complete");
  Machine refused = listed();
  EXPECT_EQ(told(refused.step(event::Swept{2, 0})), "close partial resume - complete") << "rows that could not go";
  Machine braked = listed();
  EXPECT_EQ(told(braked.step(event::Swept{0, 40})), "close partial resume - complete");
  Machine tombstones = listed({page(0), 0, 7});
  EXPECT_EQ(told(tombstones.step(event::Swept{0, 0})), "close partial resume - complete");
}

TEST(Run, APageThatIsNoProofEndsTheSweepBeforeItBegins) {
  Machine run(page(0), 0, true);
  run.step(event::Begin{});
  run.step(arrived(0, 2));
  run.step(arrived(1, 2));
  run.step(event::PageApplied{page(0), 1, 0, false});
  EXPECT_EQ(told(run.step(event::PageApplied{page(1), 0})), "close partial resume - complete");
}

TEST(Run, NothingIsSweptAfterAFailedPage) {
  Machine fetched(page(0), 0, true);
  fetched.step(event::Begin{});
  fetched.step(arrived(0, 2));
  fetched.step(event::PageFailed{page(1), failure("reset")});
  EXPECT_EQ(told(fetched.step(event::PageApplied{page(0), 0})), "close failed resume 1 reset");
  Machine applied(page(0), 0, true);
  applied.step(event::Begin{});
  applied.step(arrived(0, 1));
  EXPECT_EQ(told(applied.step(event::ApplyFailed{page(0), failure("full")})), "close failed resume 0 full");
}

TEST(Run, WhoCancelsKeepsTheRows) {
  Machine before(page(0), 0, true);
  before.step(event::Begin{});
  before.step(arrived(0, 1));
  before.step(event::Cancel{});
  EXPECT_EQ(told(before.step(event::PageApplied{page(0), 0})), "close cancelled resume - complete");
  Machine during = listed();
  EXPECT_EQ(told(during.step(event::Cancel{})), "close cancelled resume - complete");
}

TEST(Run, ASweepGoesOnElsewhere) {
  Machine before(page(0), 0, true);
  before.step(event::Begin{});
  before.step(arrived(0, 1));
  before.step(event::Yield{});
  EXPECT_EQ(told(before.step(event::PageApplied{page(0), 0})), "release -");
  Machine during = listed();
  EXPECT_EQ(told(during.step(event::Yield{})), "release -");
  Machine next(std::nullopt, 1, true);
  EXPECT_EQ(told(next.step(event::Begin{})), "sweep");
  EXPECT_EQ(told(next.step(event::Swept{0, 0})), "close partial resume - complete");
}

TEST(Run, AFailedSweepFailsTheRunAndNotTheListing) {
  Machine run = listed();
  EXPECT_EQ(told(run.step(event::SweepFailed{failure("disk full")})), "close failed resume - complete disk full");
}

TEST(Run, EventsThatMakeNoSenseThrow) {
  const auto refuses = [](Machine& run, const Event& event) {
    try {
      run.step(event);
    } catch (const base::Failure& refusal) {
      return refusal.error().code == base::Errc::internal;
    }
    return false;
  };
  const Event begin = event::Begin{}, closed = event::Closed{}, cancel = event::Cancel{}, yield = event::Yield{};
  Machine run(page(0));
  for (const Event& event :
       {Event(arrived(0, 3)), Event(event::PageFailed{page(0), {}}), Event(event::PageApplied{page(0), 0}),
        Event(event::ApplyFailed{page(0), {}}), Event(event::Swept{0, 0}), Event(event::SweepFailed{{}}), closed})
    EXPECT_TRUE(refuses(run, event)) << event.index();
  run.step(begin);
  for (const Event& event : {begin, Event(arrived(1, 3)), Event(event::PageFailed{page(1), {}}),
                             Event(event::PageApplied{page(0), 0}), closed}) {
    EXPECT_TRUE(refuses(run, event)) << event.index();
  }
  run.step(arrived(0, 3));
  EXPECT_TRUE(refuses(run, arrived(0, 3)));                   // the same page again
  EXPECT_TRUE(refuses(run, event::PageApplied{page(1), 0}));  // another page than the one in hand
  run.step(cancel);
  EXPECT_TRUE(refuses(run, arrived(1, 3)));  // its fetch was aborted
  EXPECT_TRUE(refuses(run, event::PageFailed{page(1), {}}));
  run.step(event::PageApplied{page(0), 0});
  EXPECT_TRUE(refuses(run, event::PageApplied{page(0), 0}));
  EXPECT_TRUE(refuses(run, begin));
  run.step(closed);
  for (const Event& event : {begin, closed, cancel, yield}) EXPECT_TRUE(refuses(run, event)) << event.index();
}

TEST(Run, Names) {
  EXPECT_STREQ(run_status_name(RunStatus::partial), "partial");
  EXPECT_STREQ(run_state_name(State::draining), "draining");
}

// A source of `pages` pages and a table. Each taking of the run is driven in random order;
// what it leaves (resume, errors) is what the next taking starts from, as in the database.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed), pages_(1 + pick(8)), sweeps_(pick(2) == 0) {}

  // Until the listing was read to its end, and what it proves is swept, unless a person or a failure ended that.
  void play() {
    std::optional<Position> resume = page(0);
    for (int takings = 0; !over_; ++takings) {
      ASSERT_LT(takings, 500) << "no progress";
      calm_ = takings > 50;  // faults end some day
      taking(resume, resume);
      if (testing::Test::HasFatalFailure()) return;
    }
    EXPECT_EQ(committed_, pages_);
  }

 private:
  void taking(std::optional<Position> start, std::optional<Position>& resume) {
    Machine run(std::move(start), errors_, sweeps_);
    fetching_.reset();
    applying_.reset();
    sweeping_ = false;
    closes_ = 0;
    perform(run.step(event::Begin{}));
    for (int steps = 0; closes_ == 0; ++steps) {
      ASSERT_LT(steps, 200) << "a run that does not end";
      one_event(run);
      if (testing::Test::HasFatalFailure()) return;
    }
    ASSERT_EQ(closes_, 1);
    ASSERT_FALSE(applying_);
    ASSERT_FALSE(fetching_) << "closed with a fetch in flight";
    ASSERT_EQ(run.state(), State::closing);
    ASSERT_TRUE(run.step(event::Closed{}).empty());
    ASSERT_EQ(run.state(), State::done);
    ASSERT_EQ(resume_.has_value(), committed_ < pages_);
    if (resume_) {
      ASSERT_EQ(*resume_, page(committed_)) << "resume is not the first page that is not committed";
    }
    resume = resume_;
  }

  void one_event(Machine& run) {
    const int dice = static_cast<int>(pick(calm_ ? 80 : 100));
    if (dice < 40 && fetching_) return fetched(run, false);
    if (dice < 80 && applying_) return applied(run, false);
    if (dice < 20 && sweeping_) return swept(run, dice == 0);
    if (dice >= 80 && dice < 85 && fetching_) return fetched(run, true);
    if (dice >= 85 && dice < 90 && applying_) return applied(run, true);
    if (dice >= 90 && dice < 93) {
      asked_ = cancel_ = true;
      return perform(run.step(event::Cancel{}));
    }
    if (dice >= 93 && dice < 96) {
      asked_ = true;
      return perform(run.step(event::Yield{}));
    }
  }

  void fetched(Machine& run, bool fails) {
    const Position at = *std::exchange(fetching_, std::nullopt);
    if (fails) failed_ = true;
    perform(run.step(fails ? Event(event::PageFailed{at, failure("fetch")}) : Event(arrived(at.page, pages_))));
  }

  void applied(Machine& run, bool fails) {
    const Position at = *std::exchange(applying_, std::nullopt);
    if (fails) {
      failed_ = true;
      return perform(run.step(event::ApplyFailed{at, failure("apply")}));
    }
    ASSERT_EQ(at.page, committed_) << "a page is applied twice, left out or out of order";
    ++committed_;
    const std::size_t errors = pick(10) == 0 ? 1 : 0;
    errors_ += errors;
    perform(run.step(event::PageApplied{at, errors}));
  }

  void swept(Machine& run, bool fails) {
    if (fails) {
      failed_ = true;
      return perform(run.step(event::SweepFailed{failure("sweep")}));
    }
    swept_ = true;
    perform(run.step(event::Swept{0, 0}));
  }

  void perform(const std::vector<Action>& actions) {
    for (const Action& action : actions) std::visit([this](const auto& a) { on(a); }, action);
  }
  void on(const action::Fetch& fetch) {
    ASSERT_FALSE(fetching_) << "two fetches in flight";
    ASSERT_LE(fetch.at.page, committed_ + 1) << "more than one page ahead";
    ASSERT_FALSE(asked_ || failed_) << "fetches although it is to stop";
    fetching_ = fetch.at;
  }
  void on(const action::Apply& apply) {
    ASSERT_FALSE(applying_) << "two pages are applied at once";
    ASSERT_EQ(apply.at.page, committed_);
    ASSERT_EQ(apply.next, after(apply.at.page, pages_));
    applying_ = apply.at;
  }
  void on(const action::AbortFetch&) { fetching_.reset(); }
  void on(const action::Sweep&) {
    ASSERT_TRUE(sweeps_ && !sweeping_ && !swept_) << "sweeps twice, or though it is not to";
    ASSERT_EQ(committed_, pages_) << "sweeps on half a listing";
    ASSERT_FALSE(asked_ || failed_) << "sweeps although it is to stop";
    sweeping_ = true;
  }
  void on(const action::Close& close) {
    ++closes_;
    resume_ = close.resume;
    ASSERT_EQ(close.complete, committed_ == pages_);
    ASSERT_EQ(close.failure.has_value(), close.status == RunStatus::failed);
    const bool left = committed_ < pages_ || (sweeps_ && !swept_);
    const RunStatus expected = failed_       ? RunStatus::failed
                               : left        ? RunStatus::cancelled
                               : errors_ > 0 ? RunStatus::partial
                                             : RunStatus::completed;
    ASSERT_EQ(close.status, expected);
    ASSERT_TRUE(close.status != RunStatus::cancelled || cancel_);
    over_ = close.complete;
    asked_ = cancel_ = failed_ = false;
  }
  void on(const action::Release& release) {
    ++closes_;
    resume_ = release.resume;
    ASSERT_TRUE(asked_ && !cancel_ && !failed_);
    asked_ = false;
  }

  std::uint64_t pick(std::uint64_t choices) { return random_() % choices; }

  std::mt19937_64 random_;
  std::int64_t pages_;
  std::int64_t committed_ = 0;
  std::size_t errors_ = 0;
  std::optional<Position> fetching_, applying_, resume_;
  int closes_ = 0;
  bool sweeps_, sweeping_ = false, swept_ = false, over_ = false;
  bool asked_ = false, cancel_ = false, failed_ = false, calm_ = false;
};

TEST(Run, RandomRunsKeepTheirPromises) {
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE(seed);
    Simulation(seed).play();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tandem::core
