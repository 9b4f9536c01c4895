// Who gets a place: the parent's side of the slots.
//
// All our processes together take at most half of max_worker_processes (three at least).
// One place is the launcher's. A probe may take any other for the moment it needs; it
// stays as a scheduler only where a worker still has a place (become_scheduler).
#include <algorithm>

#include "pg/processes.hpp"
#include "pg/settings.hpp"
#include "pg/shared_memory.hpp"
#include "worker/slots_block.hpp"

namespace tandem::worker::slots {
namespace {

using Lock = pg::SharedLock;

constexpr int kLeastBudget = 3;
// A reserved place that nobody came to take: the parent died, or the process did before it could attach.
constexpr base::Micros kAttachWithin = 60 * base::kSecond;

struct Census {
  int others = 0;  // all but the launcher
  int workers = 0;
  Slot* free_slot = nullptr;
  const Slot* existing = nullptr;
  bool somebody_waits_longer = false;
};

bool same_place(const Slot& slot, Kind kind, pg::Oid database, pg::Oid role) {
  if (slot.database != database) return false;
  if (kind == Kind::worker) return slot.kind == Kind::worker && slot.role == role;
  return schedules(slot);
}

Census take_census(Kind kind, pg::Oid database, pg::Oid role, SlotRef self, base::Instant now) {
  Census census;
  const Slot* own = find(self);
  const std::int64_t since = own != nullptr && own->waiting_since != 0 ? own->waiting_since : now.micros;
  for (Slot& slot : block().slots) {
    if (slot.in_use && slot.pid == 0 && now.micros - slot.launched_at > kAttachWithin) slot.in_use = false;
    if (!slot.in_use) {
      if (census.free_slot == nullptr) census.free_slot = &slot;
      continue;
    }
    if (slot.kind != Kind::launcher) ++census.others;
    if (slot.kind == Kind::worker) ++census.workers;
    if (same_place(slot, kind, database, role)) census.existing = &slot;
    if (&slot != own && slot.waiting_since != 0 && slot.waiting_since < since) census.somebody_waits_longer = true;
  }
  return census;
}

Refusal judge(const Census& census, Kind kind, pg::Oid database, int max_workers) {
  if (census.existing != nullptr) return Refusal::exists;
  if (is_stopping(database)) return Refusal::stopping;
  if (census.free_slot == nullptr || census.others >= budget() - 1) return Refusal::full;
  if (kind != Kind::worker) return Refusal::none;
  if (census.workers >= max_workers) return Refusal::worker_limit;
  return census.somebody_waits_longer ? Refusal::not_our_turn : Refusal::none;
}

bool for_lack_of_room(Refusal refusal) {
  return refusal == Refusal::full || refusal == Refusal::worker_limit || refusal == Refusal::not_our_turn;
}

SlotRef ref_of(const Slot& slot) { return {static_cast<int>(&slot - block().slots), slot.generation}; }

}  // namespace

int budget() noexcept { return std::min(kMaxSlots, std::max(kLeastBudget, pg::max_worker_processes() / 2)); }

Reservation reserve(Kind kind, pg::Oid database, pg::Oid role, SlotRef self, base::Instant now) {
  const int max_workers = pg::settings().max_workers;
  Lock lock(Lock::Mode::exclusive);
  const Census census = take_census(kind, database, role, self, now);
  Reservation result;
  result.refusal = judge(census, kind, database, max_workers);
  if (result.refusal == Refusal::exists) result.existing = ref_of(*census.existing);
  if (Slot* own = find(self); own != nullptr && for_lack_of_room(result.refusal) && own->waiting_since == 0) {
    own->waiting_since = now.micros;
  }
  if (result.refusal != Refusal::none) return result;
  Slot& slot = *census.free_slot;
  slot = Slot{};
  slot.in_use = true;
  slot.kind = kind;
  slot.generation = ++block().last_generation;
  slot.database = database;
  slot.role = role;
  slot.launched_at = now.micros;
  // Served: who waits still goes to the end of the queue.
  if (Slot* own = find(self)) own->waiting_since = 0;
  result.slot = ref_of(slot);
  return result;
}

void stop_waiting(SlotRef self) {
  Wakes wakes;
  {
    Lock lock(Lock::Mode::exclusive);
    Slot* own = find(self);
    if (own == nullptr || own->waiting_since == 0) return;
    own->waiting_since = 0;
    for (Slot& slot : block().slots) {
      if (!slot.in_use || slot.waiting_since == 0) continue;
      slot.asked = true;
      wakes.add(slot.pid);
    }
  }
  wakes.send();
}

void ask_for_room(base::Instant now, base::Micros slice) {
  Wakes wakes;
  {
    Lock lock(Lock::Mode::exclusive);
    Slot* longest = nullptr;
    for (Slot& slot : block().slots) {
      if (!slot.in_use || slot.kind != Kind::worker || slot.pid == 0) continue;
      if (slot.yield_requested || slot.stop_requested) return;  // room is being made already
      const bool idle = slot.state == State::idle;
      if (!idle && now.micros - slot.launched_at < slice) continue;
      const bool better = longest == nullptr || (idle && longest->state != State::idle) ||
                          (idle == (longest->state == State::idle) && slot.launched_at < longest->launched_at);
      if (better) longest = &slot;
    }
    if (longest == nullptr) return;
    longest->yield_requested = longest->asked = true;
    wakes.add(longest->pid);
  }
  wakes.send();
}

void release(SlotRef ref) {
  Lock lock(Lock::Mode::exclusive);
  if (Slot* slot = find(ref); slot != nullptr && slot->pid == 0) slot->in_use = false;
}

std::optional<Exit> ended(SlotRef ref) {
  Lock lock(Lock::Mode::shared);
  const Slot& slot = block().slots[ref.index];
  if (slot.generation != ref.generation) return Exit::crashed;
  if (slot.in_use) return std::nullopt;
  return slot.exit;
}

}  // namespace tandem::worker::slots
