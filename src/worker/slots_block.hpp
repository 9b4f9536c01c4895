// The layout of the shared block, for slots*.cpp only. Everything is guarded by the one
// lock of pg::SharedLock; sizes are fixed, nothing points anywhere.
#pragma once

#include "worker/slots.hpp"

namespace tandem::worker::slots {

constexpr int kMaxSlots = 256;
constexpr int kMaxAsked = 64;  // more databases at once: all are looked at
constexpr int kMaxStopping = 32;

struct Slot {
  bool in_use, yield_requested, stop_requested;
  bool asked;  // woken since the last begin_look or take_wake
  Kind kind;
  State state;
  Exit exit;
  std::uint64_t generation;  // kept after the slot is free, with `exit`, until it is reserved again
  pg::Oid database, role;
  pg::Pid pid;
  int runs;
  std::int64_t launched_at, last_error_at, waiting_since;  // microseconds as in base::Instant; 0: never
};

struct Block {
  std::uint64_t boot_id, last_generation;
  int asked_count;
  bool asked_all;
  pg::Oid asked[kMaxAsked];
  struct {
    pg::Oid database;
    pg::Pid by;
  } stopping[kMaxStopping];
  Slot slots[kMaxSlots];
};

[[nodiscard]] Block& block() noexcept;
// The slot, if it still is of that generation and in use; else null. Call with the lock held.
[[nodiscard]] Slot* find(SlotRef ref) noexcept;
[[nodiscard]] bool is_stopping(pg::Oid database) noexcept;  // with the lock held
void ask(pg::Oid database) noexcept;                        // with the lock held, exclusively

// Pids to wake, gathered under the lock and woken after it.
class Wakes {
 public:
  void add(pg::Pid pid) {
    if (pid != 0 && count_ < kMaxSlots) pids_[count_++] = pid;
  }
  void add_launcher();  // with the lock held
  void send() const;

 private:
  pg::Pid pids_[kMaxSlots];
  int count_ = 0;
};

inline bool schedules(const Slot& slot) noexcept { return slot.kind == Kind::probe || slot.kind == Kind::scheduler; }

}  // namespace tandem::worker::slots
