// What the rest of src/worker and src/api know about our processes: what a worker is
// given to work with, the check before each unit of work, and the questions doctor()
// and the views ask.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "pg/sql.hpp"
#include "worker/slots.hpp"

namespace tandem::worker {

// The SQL side that this library works with. Another one: log once and idle.
inline constexpr const char* kExtension = "pg_tandem";
inline constexpr const char* kSqlVersion = "0.1.0";

// A process's own slot.
class SlotHandle {
 public:
  explicit SlotHandle(SlotRef ref) noexcept : ref_(ref) {}
  // Somebody waits for the place: finish the pages in hand, give the runs back, leave.
  [[nodiscard]] bool should_yield() const { return slots::should_yield(ref_); }
  // Finish the pages in hand and leave: paused, switched off, the extension or the database goes.
  [[nodiscard]] bool should_stop() const;
  void set_state(State state) const { slots::set_state(ref_, state); }
  void set_runs(int runs) const { slots::set_runs(ref_, runs); }  // running at the moment
  void note_progress() const { slots::note_progress(ref_); }
  void note_error() const { slots::note_error(ref_, base::now()); }
  [[nodiscard]] SlotRef ref() const noexcept { return ref_; }

 private:
  SlotRef ref_;
};

struct WorkerContext {
  pg::Oid database;
  pg::Oid owner;
  SlotHandle slot;
};

// Before each unit of work, in its transaction. usable: DROP EXTENSION waits until the transaction ends.
// gone: no extension, or another version than kSqlVersion: leave. busy: it is being dropped: leave, or try again soon.
enum class Unit { usable, gone, busy };
[[nodiscard]] Unit begin_unit();

[[nodiscard]] bool preloaded() noexcept;
// Throws Failure(prerequisite) with the line to add.
void require_preloaded();

[[nodiscard]] std::vector<ProcessInfo> process_list();  // empty when not preloaded
struct SlotsLeft {
  int budget = 0;  // processes we may be: half of max_worker_processes, three at least
  int used = 0;
  int workers = 0;
  int max_workers = 0;  // tandem.max_workers
  int schedulers = 0;
  int max_schedulers = 0;  // databases that can be served at once
};
[[nodiscard]] SlotsLeft slots_left();

}  // namespace tandem::worker
