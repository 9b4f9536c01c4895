// The shared memory of our processes: one slot per process of ours, under one lock.
// A slot (index, generation) is the lock that says who serves a database or an owner;
// it is reserved by the parent, attached by the child, cleared by the child when it
// exits. Also here: how many processes we may be, whose turn it is when there is no
// room, which databases somebody wants looked at, and which are being dropped.
//
//   free ──reserve──▶ starting ──attach──▶ idle ◀─▶ running ──exit──▶ free
//                        └──parent saw it end, or it never came──────▶ free
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "pg/types.hpp"

namespace tandem::worker {

enum class Kind : std::uint8_t {
  launcher,
  probe,  // a scheduler that does not know yet whether its database has the extension
  scheduler,
  worker,
};
[[nodiscard]] const char* kind_name(Kind kind);

enum class State : std::uint8_t { starting, idle, running, stopping };
[[nodiscard]] const char* state_name(State state);

// How a process ended; what it does not say before it goes is a crash.
enum class Exit : std::uint8_t { crashed, finished, absent, no_room };

struct SlotRef {
  int index = -1;
  std::uint64_t generation = 0;
  [[nodiscard]] bool valid() const noexcept { return index >= 0; }
};

// A copy of one slot.
struct ProcessInfo {
  SlotRef ref;
  Kind kind = Kind::launcher;
  State state = State::starting;
  pg::Oid database = pg::kInvalidOid;
  pg::Oid role = pg::kInvalidOid;
  pg::Pid pid = 0;  // 0: reserved, not attached yet
  base::Instant launched_at;
  std::optional<base::Instant> last_error_at;
  int runs = 0;
  bool yield_requested = false;
};

namespace slots {

void request();                         // in _PG_init
[[nodiscard]] bool present() noexcept;  // the library was preloaded
[[nodiscard]] std::uint64_t boot_id();  // random, new with every start and after every crash of the server
[[nodiscard]] int budget() noexcept;    // processes we may be, all together

// --- the parent

enum class Refusal : std::uint8_t { none, exists, stopping, full, worker_limit, not_our_turn };
struct Reservation {
  SlotRef slot;
  Refusal refusal = Refusal::none;
  SlotRef existing;  // with Refusal::exists
};
// Reserves a place for a process. Refused for lack of room: notes in the caller's slot `self` since when it waits (so
// that others leave it its turn).
[[nodiscard]] Reservation reserve(Kind kind, pg::Oid database, pg::Oid role, SlotRef self, base::Instant now);
// Nothing is waiting any more in `self`: the next in turn is woken.
void stop_waiting(SlotRef self);
// Somebody waits: asks a worker to leave, an idle one first, else the one that has run longest beyond `slice`, unless
// one is already leaving.
void ask_for_room(base::Instant now, base::Micros slice);
// Of a process that could not be started or ended before it attached.
void release(SlotRef slot);
// nullopt while it lives; else how it ended (crashed when that is not known any more).
[[nodiscard]] std::optional<Exit> ended(SlotRef slot);

// --- the process itself

[[nodiscard]] SlotRef attach_launcher(base::Instant now);  // invalid: there is one
[[nodiscard]] bool attach(SlotRef slot);            // false: the place was given away, or its database is being dropped
[[nodiscard]] bool become_scheduler(SlotRef slot);  // false: no room for one more that stays
void begin_look(SlotRef slot);                      // what is asked of it from now on counts as new
// Whether somebody woke this process since the last time. The latch alone does not tell: whoever waits for a lock
// inside a transaction resets it. To be asked before each wait.
[[nodiscard]] bool take_wake(SlotRef slot);
void set_state(SlotRef slot, State state);
void set_runs(SlotRef slot, int runs);
void note_error(SlotRef slot, base::Instant when);
void leave(SlotRef slot, Exit how);  // said before exiting
// It got something done: ended by somebody from now on, it is started again at once, not after a pause.
void note_progress(SlotRef slot);
[[nodiscard]] bool should_yield(SlotRef slot);
[[nodiscard]] bool should_stop(SlotRef slot);

// --- others

[[nodiscard]] std::vector<ProcessInfo> list();
// Wakes the database's scheduler; without one, has the launcher look at the database.
void wake_scheduler(pg::Oid database);
[[nodiscard]] bool has_scheduler(pg::Oid database);
void stop_workers(pg::Oid database);  // after the page in hand; wakes them
void wake_workers(pg::Oid database);
void wake(SlotRef slot);
// Wakes the worker of an owner, unless somebody has already and it has not looked since. False: there is none that
// stays.
[[nodiscard]] bool wake_owner(pg::Oid database, pg::Oid owner);

// --- databases

void look_at(pg::Oid database);  // and wakes the launcher; kInvalidOid: at all of them
struct Asked {
  bool all = false;
  std::vector<pg::Oid> databases;
};
[[nodiscard]] Asked take_asked();      // the launcher
void mark_stopping(pg::Oid database);  // by this process; nothing of ours starts there until
void unmark_stopping();                // all marks of this process
[[nodiscard]] bool stopping(pg::Oid database);

}  // namespace slots
}  // namespace tandem::worker
