// The scheduler: one process per database that has the extension, started by the
// launcher as a probe. A superuser session that runs fixed SQL on our own tables only;
// it decides what is due and who has to work, starts the workers, and takes back what
// dead ones left. It looks when it is woken and when its alarm rings, and else it waits.
//
//   probe ──no extension──▶ exit (absent)
//     │ └──no room to stay─▶ exit (no_room)
//     ▼
//   look ──▶ wait (latch, alarm) ──▶ look …      paused, switched off, wrong version: only waits to be woken
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "pg/sql.hpp"
#include "worker/scheduler_workers.hpp"
#include "worker/slots.hpp"

namespace tandem::worker {

class Scheduler {
 public:
  Scheduler(pg::Oid database, SlotRef slot);
  void run();  // returns when there is nothing to serve any more; the slot says why

 private:
  struct Look {
    bool leave = false;
    std::optional<base::Instant> again;
  };
  Look look();
  std::optional<Exit> check_place(pg::Sql& sql, std::optional<base::Instant>& again, bool& may_work);
  void queue_work(pg::Sql& sql, base::Instant now, std::optional<base::Instant>& again);
  bool take_back(pg::Sql& sql);
  bool start_due(pg::Sql& sql, base::Instant now);
  void say_once(std::string_view what, std::string_view detail, std::string_view hint);

  pg::Oid database_;
  SlotRef slot_;
  std::string said_;  // what was said last about why nothing runs
  SchedulerWorkers workers_;
};

}  // namespace tandem::worker
