// The scheduler's workers: which owners need one, who may have one, starting them,
// noticing how they ended, and waiting for room when there is none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "pg/processes.hpp"
#include "pg/sql.hpp"
#include "worker/background_retry.hpp"
#include "worker/slots.hpp"

namespace tandem::worker {

struct OwnerRequest {
  pg::Oid owner = pg::kInvalidOid;
  std::string name;  // for the process title
};

class SchedulerWorkers {
 public:
  SchedulerWorkers(pg::Oid database, SlotRef scheduler) : database_(database), scheduler_(scheduler) {}

  // Owners that a worker is needed for, in the order of their turn. Runs of those that cannot have one fail.
  [[nodiscard]] std::vector<OwnerRequest> choose(pg::Sql& sql, base::Instant now);
  // Wakes or starts their workers. Gives the moment to try again, when some have to wait.
  std::optional<base::Instant> provide(const std::vector<OwnerRequest>& requests, base::Instant now);

 private:
  struct Worker {
    SlotRef slot;                        // of its process, when there is one
    std::optional<pg::Process> process;  // when this scheduler started it
    Backoff backoff;
    base::Instant last_started;
  };
  enum class Provided { yes, later, no_room };

  void notice_ends(base::Instant now);
  void forget_idle_owners(base::Instant now);
  Provided provide_one(const OwnerRequest& request, Worker& worker, base::Instant now);
  Provided start(const OwnerRequest& request, Worker& worker, SlotRef slot, base::Instant now);
  void say_no_room(const OwnerRequest& request, std::string_view why, std::string_view hint);

  pg::Oid database_;
  SlotRef scheduler_;
  std::map<pg::Oid, Worker> workers_;  // by owner
  std::string database_name_;          // learned in the first transaction: names are looked up in no other place
  bool said_no_room_ = false;
};

}  // namespace tandem::worker
