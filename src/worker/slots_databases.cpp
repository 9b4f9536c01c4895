// Slots by database: waking and stopping who serves one, which ones to look at, which
// ones are being dropped.
#include <algorithm>

#include "pg/processes.hpp"
#include "pg/shared_memory.hpp"
#include "worker/slots_block.hpp"

namespace tandem::worker::slots {
namespace {

using Lock = pg::SharedLock;

template <class Each>
void wake_matching(pg::Oid database, Each matches) {
  Wakes wakes;
  {
    Lock lock(Lock::Mode::exclusive);
    for (Slot& slot : block().slots) {
      if (slot.in_use && slot.database == database && matches(slot)) wakes.add(slot.pid);
    }
  }
  wakes.send();
}

}  // namespace

Block& block() noexcept { return *static_cast<Block*>(pg::shared_block()); }

Slot* find(SlotRef ref) noexcept {
  if (!ref.valid()) return nullptr;
  Slot& slot = block().slots[ref.index];
  return slot.in_use && slot.generation == ref.generation ? &slot : nullptr;
}

bool is_stopping(pg::Oid database) noexcept {
  return database != pg::kInvalidOid &&
         std::ranges::any_of(block().stopping, [database](const auto& mark) { return mark.database == database; });
}

void ask(pg::Oid database) noexcept {
  Block& shared = block();
  if (shared.asked_all) return;
  if (database == pg::kInvalidOid || shared.asked_count == kMaxAsked) {
    shared.asked_all = true;
    return;
  }
  if (std::find(shared.asked, shared.asked + shared.asked_count, database) == shared.asked + shared.asked_count) {
    shared.asked[shared.asked_count++] = database;
  }
}

void Wakes::add_launcher() {
  for (const Slot& slot : block().slots) {
    if (slot.in_use && slot.kind == Kind::launcher) add(slot.pid);
  }
}

void Wakes::send() const {
  for (int i = 0; i < count_; ++i) pg::wake_process(pids_[i]);
}

void wake_scheduler(pg::Oid database) {
  Wakes wakes;
  {
    Lock lock(Lock::Mode::exclusive);
    bool found = false;
    for (Slot& slot : block().slots) {
      if (!slot.in_use || !schedules(slot) || slot.database != database) continue;
      // Without a pid it is only starting, and looks at everything when it has.
      slot.asked = slot.asked || slot.pid != 0;
      wakes.add(slot.pid);
      found = true;
    }
    if (!found) {
      ask(database);
      wakes.add_launcher();
    }
  }
  wakes.send();
}

bool has_scheduler(pg::Oid database) {
  Lock lock(Lock::Mode::shared);
  return std::ranges::any_of(block().slots, [database](const Slot& slot) {
    return slot.in_use && schedules(slot) && slot.database == database;
  });
}

void stop_workers(pg::Oid database) {
  wake_matching(database, [](Slot& slot) {
    if (slot.kind != Kind::worker || slot.stop_requested) return false;
    slot.stop_requested = true;
    slot.asked = true;
    return true;
  });
}

void wake_workers(pg::Oid database) {
  wake_matching(database, [](Slot& slot) {
    if (slot.kind != Kind::worker) return false;
    slot.asked = true;
    return true;
  });
}

void wake(SlotRef ref) {
  pg::Pid pid = 0;
  {
    Lock lock(Lock::Mode::exclusive);
    if (Slot* slot = find(ref)) {
      slot->asked = true;
      pid = slot->pid;
    }
  }
  pg::wake_process(pid);
}

bool wake_owner(pg::Oid database, pg::Oid owner) {
  const auto serves = [&](const Slot& slot) {
    return slot.in_use && slot.kind == Kind::worker && slot.database == database && slot.role == owner &&
           slot.state != State::stopping;
  };
  {
    // Called at every commit of a busy table: mostly somebody has just asked.
    Lock lock(Lock::Mode::shared);
    const auto* const slot = std::ranges::find_if(block().slots, serves);
    if (slot == std::end(block().slots)) return false;
    // Without a pid it is only starting, and looks at everything when it has.
    if (slot->asked || slot->pid == 0) return true;
  }
  Wakes wakes;
  {
    Lock lock(Lock::Mode::exclusive);
    auto* const slot = std::ranges::find_if(block().slots, serves);
    if (slot == std::end(block().slots)) return false;
    slot->asked = true;
    wakes.add(slot->pid);
  }
  wakes.send();
  return true;
}

void look_at(pg::Oid database) {
  Wakes wakes;
  {
    Lock lock(Lock::Mode::exclusive);
    ask(database);
    wakes.add_launcher();
  }
  wakes.send();
}

Asked take_asked() {
  Asked asked;
  asked.databases.reserve(kMaxAsked);  // nothing is allocated while the lock is held
  Lock lock(Lock::Mode::exclusive);
  Block& shared = block();
  asked.all = shared.asked_all;
  asked.databases.assign(shared.asked, shared.asked + shared.asked_count);
  shared.asked_all = false;
  shared.asked_count = 0;
  return asked;
}

void mark_stopping(pg::Oid database) {
  Lock lock(Lock::Mode::exclusive);
  for (auto& mark : block().stopping) {
    if (mark.database != pg::kInvalidOid) continue;
    mark = {database, pg::my_pid()};
    return;
  }
  // More than kMaxStopping at once: its processes are ended all the same, only a new one may come too early.
}

void unmark_stopping() {
  Lock lock(Lock::Mode::exclusive);
  for (auto& mark : block().stopping) {
    if (mark.by == pg::my_pid()) mark = {pg::kInvalidOid, 0};
  }
}

bool stopping(pg::Oid database) {
  Lock lock(Lock::Mode::shared);
  return is_stopping(database);
}

}  // namespace tandem::worker::slots
