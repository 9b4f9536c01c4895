// The process's own slot, and the view on all of them.
#include "worker/slots.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "pg/entry.hpp"
#include "pg/processes.hpp"
#include "pg/shared_memory.hpp"
#include "worker/slots_block.hpp"

namespace tandem::worker {

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::launcher:
      return "launcher";
    case Kind::probe:
      return "probe";
    case Kind::scheduler:
      return "scheduler";
    case Kind::worker:
      return "worker";
  }
  return "";
}

const char* state_name(State state) {
  switch (state) {
    case State::starting:
      return "starting";
    case State::idle:
      return "idle";
    case State::running:
      return "running";
    case State::stopping:
      return "stopping";
  }
  return "";
}

namespace slots {
namespace {

using Lock = pg::SharedLock;

// Which slot this process must clear: plain data, set once at attach.
SlotRef mine;

void initialize(void* memory) {
  std::memset(memory, 0, sizeof(Block));
  // Positive as a bigint, never zero.
  static_cast<Block*>(memory)->boot_id = (pg::strong_random() >> 1) | 1;
}

constexpr pg::SharedBlock kBlock{"pg_tandem", sizeof(Block), &initialize};

// Those who must know that this one is gone: its parent's tier, and whoever waits for room.
void gather_successors(const Slot& gone, Wakes& wakes) {
  if (schedules(gone)) wakes.add_launcher();
  for (Slot& slot : block().slots) {
    if (!slot.in_use) continue;
    const bool parent = gone.kind == Kind::worker && schedules(slot) && slot.database == gone.database;
    if (!parent && slot.waiting_since == 0) continue;
    slot.asked = true;
    wakes.add(slot.pid);
  }
}

void clear_mine(void*) {
  Wakes wakes;
  {
    Lock lock(Lock::Mode::exclusive);
    Slot* slot = find(mine);
    if (slot == nullptr || slot->pid != pg::my_pid()) return;
    slot->in_use = false;
    // Somebody asked when it had already made up its mind: the answer is a new look.
    if (schedules(*slot) && slot->asked) ask(slot->database);
    gather_successors(*slot, wakes);
  }
  wakes.send();
}

extern "C" void on_process_exit(int, pg::Datum) { pg::entry_noexcept(&clear_mine, nullptr); }

void attach_to(Slot& slot, SlotRef ref) {
  slot.pid = pg::my_pid();
  slot.state = State::idle;
  mine = ref;
}

template <class Change>
void change(SlotRef ref, Change change_slot) {
  Lock lock(Lock::Mode::exclusive);
  if (Slot* slot = find(ref)) change_slot(*slot);
}

template <class Test>
bool test(SlotRef ref, Test test_slot) {
  Lock lock(Lock::Mode::shared);
  const Slot* slot = find(ref);
  return slot == nullptr || test_slot(*slot);
}

}  // namespace

void request() { pg::request_shared_memory(&kBlock); }
bool present() noexcept { return pg::shared_block() != nullptr; }
std::uint64_t boot_id() { return block().boot_id; }

SlotRef attach_launcher(base::Instant now) {
  pg::at_process_exit(&on_process_exit, 0);
  Lock lock(Lock::Mode::exclusive);
  Slot* free_slot = nullptr;
  for (Slot& slot : block().slots) {
    if (slot.in_use && slot.kind == Kind::launcher) return {};
    if (!slot.in_use && free_slot == nullptr) free_slot = &slot;
  }
  if (free_slot == nullptr) return {};
  const SlotRef ref{static_cast<int>(free_slot - block().slots), ++block().last_generation};
  *free_slot = Slot{};
  free_slot->in_use = true;
  free_slot->kind = Kind::launcher;
  free_slot->generation = ref.generation;
  free_slot->launched_at = now.micros;
  attach_to(*free_slot, ref);
  return ref;
}

bool attach(SlotRef ref) {
  pg::at_process_exit(&on_process_exit, 0);
  Lock lock(Lock::Mode::exclusive);
  Slot* slot = find(ref);
  if (slot == nullptr || slot->pid != 0) return false;
  attach_to(*slot, ref);  // even when it leaves again at once: then its exit clears the slot
  if (is_stopping(slot->database)) {
    slot->exit = Exit::finished;
    return false;
  }
  return true;
}

bool become_scheduler(SlotRef ref) {
  Wakes wakes;
  {
    Lock lock(Lock::Mode::exclusive);
    Slot* slot = find(ref);
    if (slot == nullptr) return false;
    if (slot->kind == Kind::scheduler) return true;
    const auto schedulers = std::ranges::count_if(
        block().slots, [](const Slot& other) { return other.in_use && other.kind == Kind::scheduler; });
    // The launcher and one worker always keep a place.
    if (schedulers + 1 > budget() - 2) return false;
    slot->kind = Kind::scheduler;
    wakes.add_launcher();
  }
  wakes.send();
  return true;
}

void begin_look(SlotRef ref) {
  change(ref, [](Slot& slot) { slot.asked = false; });
}
bool take_wake(SlotRef ref) {
  bool asked = false;
  change(ref, [&asked](Slot& slot) { asked = std::exchange(slot.asked, false); });
  return asked;
}
void set_state(SlotRef ref, State state) {
  change(ref, [state](Slot& slot) { slot.state = state; });
}
void set_runs(SlotRef ref, int runs) {
  change(ref, [runs](Slot& slot) { slot.runs = runs; });
}
void note_error(SlotRef ref, base::Instant when) {
  change(ref, [when](Slot& slot) { slot.last_error_at = when.micros; });
}
void note_progress(SlotRef ref) {
  change(ref, [](Slot& slot) { slot.exit = Exit::finished; });
}
void leave(SlotRef ref, Exit how) {
  change(ref, [how](Slot& slot) {
    slot.exit = how;
    slot.state = State::stopping;
  });
}
bool should_yield(SlotRef ref) {
  return test(ref, [](const Slot& slot) { return slot.yield_requested; });
}
bool should_stop(SlotRef ref) {
  return test(ref, [](const Slot& slot) { return slot.stop_requested || is_stopping(slot.database); });
}

std::vector<ProcessInfo> list() {
  std::vector<ProcessInfo> processes;
  if (!present()) return processes;
  processes.reserve(kMaxSlots);  // nothing is allocated while the lock is held
  Lock lock(Lock::Mode::shared);
  for (int i = 0; i < kMaxSlots; ++i) {
    const Slot& slot = block().slots[i];
    if (!slot.in_use) continue;
    ProcessInfo info;
    info.ref = {i, slot.generation};
    info.kind = slot.kind;
    info.state = slot.state;
    info.database = slot.database;
    info.role = slot.role;
    info.pid = slot.pid;
    info.launched_at = {slot.launched_at};
    if (slot.last_error_at != 0) info.last_error_at = base::Instant{slot.last_error_at};
    info.runs = slot.runs;
    info.yield_requested = slot.yield_requested;
    processes.push_back(info);
  }
  return processes;
}

}  // namespace slots
}  // namespace tandem::worker
