// The launcher: the one static process of the cluster. It sees the shared catalogs only,
// runs no user code and opens no socket. It keeps a scheduler in every database that has
// the extension, and finds out which those are by starting a probe in each database, one
// at a time. It waits on its latch; a time limit is set only while something is pending.
//
//   wanted ──probe started──▶ probing ──stays──▶ serving ──crash──▶ wanted (later)
//                                │ ├──absent──▶ forgotten, until somebody asks
//                                │ └──no room─▶ no_room, until a scheduler ends
//                                └──crash─────▶ wanted (later)
#pragma once

#include <map>
#include <optional>

#include "base/clock.hpp"
#include "pg/processes.hpp"
#include "pg/types.hpp"
#include "worker/background_retry.hpp"
#include "worker/slots.hpp"

namespace tandem::worker {

class Launcher {
 public:
  explicit Launcher(SlotRef slot) : slot_(slot) {}
  [[noreturn]] void run();

 private:
  enum class Phase { wanted, probing, serving, no_room };
  struct Served {
    Phase phase = Phase::wanted;
    bool asked_again = false;  // while it was being served or ending
    SlotRef slot;
    std::optional<pg::Process> process;  // when this launcher started it
    base::Instant since;                 // of the phase
    Backoff backoff;
  };

  std::optional<base::Instant> turn(base::Instant now);
  void take_requests();
  void look_at_all();
  void want(pg::Oid database);
  void notice_changes(base::Instant now);
  bool notice_end(pg::Oid database, Served& served, Exit how, base::Instant now);
  std::optional<base::Instant> probe_next(base::Instant now);
  std::optional<base::Instant> probe(pg::Oid database, Served& served, base::Instant now);
  std::optional<base::Instant> wait_for_room(base::Instant now);
  void set_phase(pg::Oid database, Served& served, Phase phase, base::Instant now);

  SlotRef slot_;
  std::map<pg::Oid, Served> databases_;
  bool all_wanted_ = true;  // at the start everything is looked at
  bool said_no_room_ = false;
};

}  // namespace tandem::worker
