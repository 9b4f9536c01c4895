#include "worker/wake.hpp"

#include <algorithm>
#include <vector>

#include "base/clock.hpp"
#include "pg/entry.hpp"
#include "pg/processes.hpp"
#include "pg/shared_memory.hpp"
#include "worker/background.hpp"
#include "worker/slots.hpp"

namespace tandem::worker {
namespace {

using pg::TransactionEnd;

constexpr int kMaxChanged = 8;
constexpr int kMaxPushers = 8;
constexpr base::Micros kLeaveWithin = 3 * base::kSecond;
constexpr base::Micros kNap = base::kSecond / 100;

// What the current transaction of this session leads to when it ends. Plain data.
struct Pending {
  bool wake;          // at commit: the scheduler of this database
  bool wake_workers;  // at commit: its workers
  bool dropped;       // the extension, in this transaction
  bool marked;        // we hold marks of databases that are to be empty
  int pusher_count;
  pg::Oid pushers[kMaxPushers];  // at commit: the workers of these owners
  int changed_count;
  pg::Oid changed[kMaxChanged];  // databases to look at, however it ends
};
constinit Pending pending{};

void change(pg::Oid database) {
  if (pending.changed_count == kMaxChanged) {
    pending.changed[0] = pg::kInvalidOid;  // all of them
  } else {
    pending.changed[pending.changed_count++] = database;
  }
}

// False: an owner has no worker, and the scheduler must start it.
bool wake_pushers(pg::Oid database, const Pending& what) {
  bool all = true;
  for (int i = 0; i < what.pusher_count; ++i) all = slots::wake_owner(database, what.pushers[i]) && all;
  return all;
}

void act(TransactionEnd end, const Pending& what) {
  if (what.marked) slots::unmark_stopping();
  for (int i = 0; i < what.changed_count; ++i) slots::look_at(what.changed[i]);
  const pg::Oid here = pg::my_database();
  const bool only_captured = what.pusher_count > 0 && !what.wake && !what.wake_workers && !what.dropped;
  switch (end) {
    case TransactionEnd::committed:
      if (!wake_pushers(here, what) || what.wake || what.dropped) slots::wake_scheduler(here);
      if (what.wake_workers || what.dropped) slots::wake_workers(here);
      if (!only_captured) pg::broadcast_news();  // a run may have been ended right here
      break;
    case TransactionEnd::aborted:
      // Whoever met the lock of the drop may have left.
      if (what.dropped) slots::wake_scheduler(here);
      break;
    case TransactionEnd::prepared:
      break;
  }
}

void on_transaction_end(TransactionEnd end) {
  const bool nothing = !pending.wake && !pending.wake_workers && !pending.dropped && !pending.marked;
  if (nothing && pending.changed_count == 0 && pending.pusher_count == 0) return;
  struct Arguments {
    TransactionEnd end;
    Pending what;
  } arguments{end, pending};
  pending = {};
  pg::entry_noexcept(
      [](void* p) {
        const auto* given = static_cast<const Arguments*>(p);
        act(given->end, given->what);
      },
      &arguments);
}

std::vector<ProcessInfo> serving(pg::Oid database) {
  std::vector<ProcessInfo> processes = slots::list();
  std::erase_if(processes, [database](const ProcessInfo& process) { return process.database != database; });
  return processes;
}

// Ends our processes in the database and waits until they are gone. What is not gone after three seconds is left to
// the command itself, which waits five more and then says who is in its way.
void clear_database(pg::Oid database) {
  slots::mark_stopping(database);
  pending.marked = true;
  change(database);
  std::vector<pg::Pid> pids;
  const base::Micros deadline = base::monotonic() + kLeaveWithin;
  while (base::monotonic() < deadline) {
    const std::vector<ProcessInfo> processes = serving(database);
    for (const ProcessInfo& process : processes) {
      if (process.pid == 0 || std::ranges::find(pids, process.pid) != pids.end()) continue;
      pg::terminate_process(process.pid);
      pids.push_back(process.pid);
    }
    // The slot is cleared before the process has left the database.
    if (processes.empty() && std::ranges::none_of(pids, pg::process_alive)) return;
    pg::nap(kNap);
  }
}

void on_extension_dropped() { pending.dropped = true; }

void on_prepared_committed(bool has_extension) {
  const pg::Oid here = pg::my_database();
  if (slots::has_scheduler(here)) {
    slots::wake_scheduler(here);
    if (!has_extension) slots::wake_workers(here);
  } else if (has_extension) {
    slots::look_at(here);
  }
}

constexpr pg::HookEvents kEvents{
    .extension = kExtension,
    .clear_database = &clear_database,
    .database_changed = &change,
    .extension_dropped = &on_extension_dropped,
    .prepared_committed = &on_prepared_committed,
    .transaction_ended = &on_transaction_end,
};

}  // namespace

void wake_scheduler_at_commit() {
  if (preloaded()) pending.wake = true;
}

void wake_workers_at_commit() {
  if (preloaded()) pending.wake_workers = true;
}

void wake_pushers_at_commit(std::span<const pg::Oid> owners) {
  if (!preloaded()) return;
  for (const pg::Oid owner : owners) {
    const auto* const known = std::begin(pending.pushers);
    const auto* const end = known + pending.pusher_count;
    if (std::find(known, end, owner) != end) continue;
    if (pending.pusher_count == kMaxPushers) {
      pending.wake = true;  // the scheduler knows all
      return;
    }
    pending.pushers[pending.pusher_count++] = owner;
  }
}

const pg::HookEvents* hook_events() noexcept { return &kEvents; }

}  // namespace tandem::worker
