// One pull run as an explicit state machine: step(event) -> actions, pure. Two tracks run
// beside each other: the next page is fetched while the last one is applied, never more
// than one page ahead. Pages are applied in order, one at a time.
//
//   ready ──begin──▶ running ──last page applied──────────────▶ closing ──closed──▶ done
//     │                 │  page failed, apply failed,             ▲
//     │                 │  cancel, yield: nothing new is fetched  │
//     │                 └──▶ draining ──page in hand applied──────┤
//     └──cancel, yield───────────────────────────────────────────┘
//
// draining is passed at once when no page is in hand. A page that was fetched ahead when a
// person cancels or the slot is wanted is dropped; one that arrived before a *fetch* failed
// is applied. If the page in hand turns out to be the last one, the run is complete,
// whatever was asked meanwhile.
//
// A run whose listing proves what is gone passes through `sweeping` between the last page and
// closing: rows whose record was not in the listing are deleted. A person who cancels, before
// or during it, keeps them; a slot that is wanted hands the rest of the sweep over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/listing/paging.hpp"
#include "core/run/run_failure.hpp"

namespace tandem::core {

enum class RunStatus { pending, running, completed, partial, failed, cancelled };
[[nodiscard]] const char* run_status_name(RunStatus status);

namespace event {
// After AbortFetch no event of that fetch may come. Cancel and Yield may come at any time before
// done; any other event that does not fit the state is a mistake of the caller and throws Failure(internal).
struct Begin {};  // claimed
struct PageArrived {
  Position at;
  std::optional<Position> next;
  std::size_t records;
};  // parsed; held by the caller
struct PageFailed {
  Position at;
  RunFailure failure;
};  // no usable answer
struct ListingLost {
  Position at, restart;
};  // the other side does not know this position any more: the listing is read anew from `restart`
struct PageApplied {
  Position at;
  std::size_t errors;
  std::size_t held_back = 0;  // deletes that the brake kept back
  bool proof = true;          // false: what this page said is no proof of what is gone
};                            // committed
struct ApplyFailed {
  Position at;
  RunFailure failure;
};  // rolled back
struct ApplyGivenUp {
  Position at;
};  // draining only: the page in hand waits for a lock, and the run is not to wait
struct Swept {
  std::size_t errors, held_back;
};  // all of it, or as much as the brake allows, is committed
struct SweepFailed {
  RunFailure failure;
};
struct Cancel {};  // a person
struct Yield {};   // the slot is wanted; go on later from here
struct Closed {};  // what Close or Release asked for is committed
}  // namespace event
using Event = std::variant<event::Begin, event::PageArrived, event::PageFailed, event::ListingLost, event::PageApplied,
                           event::ApplyFailed, event::ApplyGivenUp, event::Swept, event::SweepFailed, event::Cancel,
                           event::Yield, event::Closed>;

namespace action {
struct Fetch {
  Position at;
};  // ask for the page at this position
struct Apply {
  Position at;
  std::optional<Position> next;
};                     // apply the page that arrived for this position; next is what to store as resume position
struct AbortFetch {};  // drop the request in flight or the page that was fetched ahead
struct Sweep {};       // delete what the listing did not show
struct Close {
  RunStatus status;
  std::optional<RunFailure> failure;
  std::optional<Position> resume;
  bool complete;
};  // write the final row; complete: the listing was read to its end
struct Release {
  std::optional<Position> resume;  // nullopt: only the sweep is left
};                                 // back to pending, for another worker (yield)
}  // namespace action
using Action =
    std::variant<action::Fetch, action::Apply, action::AbortFetch, action::Sweep, action::Close, action::Release>;

class Run {
 public:
  enum class State { ready, running, draining, sweeping, closing, done };
  // `errors_before`: records that failed in the part of this run that an earlier taker committed.
  // `sweeps`: the listing, read to its end, proves what is gone. Without a start the listing was read before.
  explicit Run(std::optional<Position> start, std::size_t errors_before = 0, bool sweeps = false)
      : resume_(std::move(start)), errors_(errors_before), sweeps_(sweeps) {}

  std::vector<Action> step(const Event& event);
  [[nodiscard]] State state() const noexcept { return state_; }

 private:
  struct Page {
    Position at;
    std::optional<Position> next;
  };
  using Actions = std::vector<Action>;

  void on(const event::Begin&, Actions& out);
  void on(const event::PageArrived& arrived, Actions& out);
  void on(const event::PageFailed& failed, Actions& out);
  void on(const event::ListingLost& lost, Actions& out);
  void on(const event::PageApplied& applied, Actions& out);
  void on(const event::ApplyFailed& failed, Actions& out);
  void on(const event::ApplyGivenUp& given_up, Actions& out);
  void on(const event::Swept& swept, Actions& out);
  void on(const event::SweepFailed& failed, Actions& out);
  void on(const event::Cancel&, Actions& out);
  void on(const event::Yield&, Actions& out);
  void on(const event::Closed&, Actions& out);

  void fetch(const std::optional<Position>& at, Actions& out);
  void apply(Page page, Actions& out);
  void abort_fetch(Actions& out);
  void drain(Actions& out);   // no more pages; closes as soon as none is in hand
  void listed(Actions& out);  // the listing was read to its end
  void close(Actions& out);
  void take_applying(const Position& at, const char* event);
  void expect(bool right, const char* event) const;

  State state_ = State::ready;
  std::optional<Position> in_flight_;
  std::optional<Page> ahead_;  // arrived, not yet given to Apply
  std::optional<Page> applying_;
  std::optional<Position> resume_;  // first page that is not committed; nullopt: all are
  std::size_t errors_ = 0, held_back_ = 0;
  bool sweeps_ = false;  // it is still to sweep
  std::optional<RunFailure> failure_;
  bool cancelled_ = false, yielding_ = false;
};

[[nodiscard]] const char* run_state_name(Run::State state);

}  // namespace tandem::core
