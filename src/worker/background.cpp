#include "worker/background.hpp"

#include "base/error.hpp"
#include "pg/locks.hpp"
#include "pg/processes.hpp"
#include "pg/settings.hpp"

namespace tandem::worker {

bool SlotHandle::should_stop() const { return !pg::settings().enabled || slots::should_stop(ref_); }

Unit begin_unit() {
  const pg::ExtensionState extension = pg::lock_extension(kExtension);
  switch (extension.lock) {
    case pg::ExtensionLock::held:
      return extension.version == kSqlVersion ? Unit::usable : Unit::gone;
    case pg::ExtensionLock::absent:
      return Unit::gone;
    case pg::ExtensionLock::busy:
      return Unit::busy;
  }
  return Unit::gone;
}

bool preloaded() noexcept { return slots::present(); }

void require_preloaded() {
  if (preloaded()) return;
  throw base::Failure(
      base::Errc::prerequisite, "pg_tandem is not preloaded",
      "The processes that do the work are started by the server, which has to load the library when it starts.",
      "Add this line to postgresql.conf (to what stands there already, after a comma) and restart the server:\n"
      "shared_preload_libraries = 'pg_tandem'");
}

std::vector<ProcessInfo> process_list() { return slots::list(); }

SlotsLeft slots_left() {
  SlotsLeft left;
  left.budget = slots::budget();
  left.max_workers = pg::settings().max_workers;
  left.max_schedulers = left.budget - 2;
  for (const ProcessInfo& process : process_list()) {
    ++left.used;
    if (process.kind == Kind::worker) ++left.workers;
    if (process.kind == Kind::scheduler) ++left.schedulers;
  }
  return left;
}

}  // namespace tandem::worker
