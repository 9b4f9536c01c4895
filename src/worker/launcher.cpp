#include "worker/launcher.hpp"

#include <algorithm>
#include <vector>

#include "base/strings.hpp"
#include "pg/databases.hpp"
#include "pg/log.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "pg/wait.hpp"
#include "worker/background.hpp"
#include "worker/worker_main.hpp"

namespace tandem::worker {
namespace {

// A probe that hangs (its database is locked by somebody) does not keep the others waiting for longer.
constexpr base::Micros kProbeAlone = 10 * base::kSecond;
// A scheduler that served this long was well: its next crash is a first one.
constexpr base::Micros kServedWell = 60 * base::kSecond;
constexpr base::Micros kRoomRetry = base::kSecond;

void sooner(std::optional<base::Instant>& moment, std::optional<base::Instant> other) {
  if (other && (!moment || *other < *moment)) moment = other;
}

std::vector<pg::Oid> connectable_databases() {
  pg::Transaction tx("look for databases");
  std::vector<pg::Oid> databases = pg::list_databases();
  tx.commit();
  return databases;
}

std::string name_of(pg::Oid database) {
  pg::Transaction tx("look up a database");
  std::string name = pg::name_of_database(database);
  tx.commit();
  return name;
}

}  // namespace

void Launcher::run() {
  pg::WaitSet waits({}, pg::WaitSet::Use::background);
  for (;;) {
    pg::check_interrupts();
    slots::set_state(slot_, State::running);
    const base::Instant now = base::now();
    const std::optional<base::Instant> again = turn(now);
    slots::set_state(slot_, State::idle);
    waits.wait(again ? std::max<base::Micros>(again->micros - now.micros, 1) : -1);
  }
}

std::optional<base::Instant> Launcher::turn(base::Instant now) {
  take_requests();
  notice_changes(now);
  if (!pg::settings().enabled) return std::nullopt;  // SIGHUP wakes us when that changes
  if (all_wanted_) look_at_all();
  return probe_next(now);
}

void Launcher::take_requests() {
  const slots::Asked asked = slots::take_asked();
  if (asked.all) all_wanted_ = true;
  for (const pg::Oid database : asked.databases) want(database);
}

void Launcher::look_at_all() {
  for (const pg::Oid database : connectable_databases()) want(database);
  all_wanted_ = false;
}

void Launcher::want(pg::Oid database) {
  Served& served = databases_[database];
  // Without room nothing changes before a scheduler ends: the same would only be found and said again.
  if (served.phase == Phase::no_room) return;
  served.backoff.succeeded();
  served.asked_again = served.phase != Phase::wanted;
}

void Launcher::notice_changes(base::Instant now) {
  const std::vector<ProcessInfo> processes = slots::list();
  bool place_became_free = false;
  for (auto entry = databases_.begin(); entry != databases_.end();) {
    auto& [database, served] = *entry;
    bool forget = false;
    if (served.slot.valid()) {
      std::optional<Exit> exit = slots::ended(served.slot);
      if (!exit && served.process && served.process->status() == pg::Process::Status::ended) {
        slots::release(served.slot);  // only if it never attached; else its own exit has the word
        exit = slots::ended(served.slot);
      }
      if (exit) {
        // A probe may have become a scheduler and ended before it was noticed.
        const bool served_here = served.phase == Phase::serving || *exit == Exit::crashed || *exit == Exit::finished;
        place_became_free = place_became_free || served_here;
        forget = notice_end(database, served, *exit, now);
      } else if (served.phase == Phase::probing) {
        const bool stays =
            std::ranges::any_of(processes, [generation = served.slot.generation](const ProcessInfo& process) {
              return process.ref.generation == generation && process.kind == Kind::scheduler;
            });
        if (stays) set_phase(database, served, Phase::serving, now);
      }
    }
    entry = forget ? databases_.erase(entry) : std::next(entry);
  }
  if (!place_became_free) return;
  for (auto& [database, served] : databases_) {
    if (served.phase == Phase::no_room) set_phase(database, served, Phase::wanted, now);
  }
}

// True: the database is forgotten.
bool Launcher::notice_end(pg::Oid database, Served& served, Exit how, base::Instant now) {
  const bool was_well = served.phase == Phase::serving && now.micros - served.since.micros > kServedWell;
  served.slot = {};
  served.process.reset();
  if (served.asked_again) how = Exit::crashed;  // it may have gone before it saw why it was asked
  switch (how) {
    case Exit::finished:
    case Exit::absent:
      return true;
    case Exit::no_room:
      if (served.phase != Phase::no_room) set_phase(database, served, Phase::no_room, now);
      return false;
    case Exit::crashed:
      if (served.asked_again || was_well) served.backoff.succeeded();
      if (!served.asked_again) served.backoff.failed(now);
      served.asked_again = false;
      set_phase(database, served, Phase::wanted, now);
      return false;
  }
  return false;
}

// Starts at most one probe, and none while another one has not made up its mind.
std::optional<base::Instant> Launcher::probe_next(base::Instant now) {
  std::optional<base::Instant> again;
  for (const auto& [database, served] : databases_) {
    if (served.phase != Phase::probing || now.micros - served.since.micros >= kProbeAlone) continue;
    return base::Instant{served.since.micros + kProbeAlone};
  }
  bool looked = false;
  std::vector<pg::Oid> existing;
  for (auto entry = databases_.begin(); entry != databases_.end();) {
    auto& [database, served] = *entry;
    if (served.phase != Phase::wanted) {
      ++entry;
      continue;
    }
    if (!served.backoff.over(now)) {
      sooner(again, served.backoff.not_before);
      ++entry;
      continue;
    }
    if (!looked) existing = connectable_databases();
    looked = true;
    if (std::ranges::find(existing, database) == existing.end()) {
      entry = databases_.erase(entry);
      continue;
    }
    const auto until = probe(database, served, now);
    if (served.phase == Phase::wanted && !until) {  // being dropped or renamed: whoever does it asks again
      entry = databases_.erase(entry);
      continue;
    }
    sooner(again, until);
    if (until) return again;
    ++entry;
  }
  slots::stop_waiting(slot_);
  said_no_room_ = false;
  return again;
}

// The moment to look again, whether it was started or there was no room.
std::optional<base::Instant> Launcher::probe(pg::Oid database, Served& served, base::Instant now) {
  const slots::Reservation reserved = slots::reserve(Kind::probe, database, pg::kInvalidOid, slot_, now);
  switch (reserved.refusal) {
    case slots::Refusal::none:
      break;
    case slots::Refusal::exists:  // started by a launcher before this one, or not quite gone
      served.slot = reserved.existing;
      set_phase(database, served, Phase::probing, now);
      return base::Instant{now.micros + kProbeAlone};
    case slots::Refusal::stopping:
      return std::nullopt;
    case slots::Refusal::full:
    case slots::Refusal::worker_limit:
    case slots::Refusal::not_our_turn:
      return wait_for_room(now);
  }
  served.process =
      pg::start_process(kSchedulerFunction, kSchedulerType, base::strcat("tandem scheduler for database ", database),
                        pack({reserved.slot, database, pg::kInvalidOid}));
  if (!served.process) {
    slots::release(reserved.slot);
    return wait_for_room(now);
  }
  served.slot = reserved.slot;
  set_phase(database, served, Phase::probing, now);
  return base::Instant{now.micros + kProbeAlone};
}

std::optional<base::Instant> Launcher::wait_for_room(base::Instant now) {
  if (!said_no_room_) {
    pg::log(pg::Level::log, "pg_tandem: a database waits to be looked at: no process is free",
            base::strcat("pg_tandem may start at most ", slots::budget(),
                         " processes (half of max_worker_processes = ", pg::max_worker_processes(), ")."),
            "Raise max_worker_processes and restart the server.");
  }
  said_no_room_ = true;
  slots::ask_for_room(now, pg::settings().worker_slice_ms * (base::kSecond / 1000));
  return base::Instant{now.micros + jittered(kRoomRetry)};
}

// Every change of a phase goes through here.
void Launcher::set_phase(pg::Oid database, Served& served, Phase phase, base::Instant now) {
  switch (phase) {
    case Phase::wanted:
      break;
    case Phase::probing:
      served.asked_again = false;
      break;
    case Phase::serving:
      break;
    case Phase::no_room:
      pg::log(pg::Level::log,
              base::strcat("pg_tandem: database \"", name_of(database),
                           "\" has the extension, but there is no room to serve it"),
              base::strcat("At most ", slots_left().max_schedulers,
                           " databases can be served with max_worker_processes = ", pg::max_worker_processes(), "."),
              "Raise max_worker_processes by 2 for each further database and restart the server.");
      break;
  }
  served.phase = phase;
  served.since = now;
}

}  // namespace tandem::worker
