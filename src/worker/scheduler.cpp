#include "worker/scheduler.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/error.hpp"
#include "pg/locks.hpp"
#include "pg/log.hpp"
#include "pg/processes.hpp"
#include "pg/session.hpp"
#include "pg/settings.hpp"
#include "pg/shared_memory.hpp"
#include "pg/transaction.hpp"
#include "pg/wait.hpp"
#include "store/queue.hpp"
#include "worker/background.hpp"
#include "worker/background_retry.hpp"
#include "worker/clone_guard.hpp"

namespace tandem::worker {
namespace {

constexpr int kDueAtOnce = 1000;
constexpr int kLockTimeoutMs = 200;
// What somebody held, or is dropping: only while there is such a thing.
constexpr base::Micros kHeldRetry = base::kSecond;

void sooner(std::optional<base::Instant>& moment, base::Instant other) {
  if (!moment || other < *moment) moment = other;
}

}  // namespace

Scheduler::Scheduler(pg::Oid database, SlotRef slot) : database_(database), slot_(slot), workers_(database, slot) {}

void Scheduler::run() {
  pg::Alarm alarm;
  const int descriptors[] = {alarm.descriptor()};
  pg::WaitSet waits(descriptors, pg::WaitSet::Use::background);
  for (;;) {
    pg::check_interrupts();
    slots::set_state(slot_, State::running);
    const Look look_result = look();
    if (look_result.leave) return;
    slots::set_state(slot_, State::idle);
    if (look_result.again) {
      alarm.set(*look_result.again);
    } else {
      alarm.clear();
    }
    if (slots::take_wake(slot_)) continue;
    if (waits.wait(-1).descriptors != 0) alarm.drain();
  }
}

Scheduler::Look Scheduler::look() {
  slots::begin_look(slot_);
  Look result;
  if (slots::should_stop(slot_)) {
    slots::leave(slot_, Exit::finished);
    result.leave = true;
    return result;
  }
  if (!pg::settings().enabled) return result;  // the workers see that themselves
  const base::Instant now = base::now();
  std::vector<OwnerRequest> requests;
  try {
    pg::Transaction tx("look for due work");
    pg::reset_session(pg::session_user(), kLockTimeoutMs, 0);
    bool may_work = false;
    if (const std::optional<Exit> exit = check_place(tx, result.again, may_work)) {
      slots::stop_workers(database_);
      slots::leave(slot_, *exit);
      result.leave = true;
    } else if (may_work) {
      queue_work(tx, now, result.again);
      requests = workers_.choose(tx, now);
    }
    tx.commit();
  } catch (const pg::Error& error) {
    if (error.is_cancel() || !error.is_transient()) throw;
    result.again = base::Instant{now.micros + kHeldRetry};
    return result;
  }
  pg::broadcast_news();  // runs of owners that cannot work, or of lost workers, may have ended
  if (result.leave) return result;
  if (const auto again = workers_.provide(requests, now)) sooner(result.again, *again);
  return result;
}

// Whether anything may run here. nullopt: this process stays.
std::optional<Exit> Scheduler::check_place(pg::Sql& sql, std::optional<base::Instant>& again, bool& may_work) {
  const pg::ExtensionState extension = pg::lock_extension(kExtension);
  if (extension.lock == pg::ExtensionLock::absent) return Exit::absent;
  if (extension.lock == pg::ExtensionLock::busy) {
    again = base::Instant{base::now().micros + jittered(kHeldRetry / 4)};
    return std::nullopt;
  }
  if (!slots::become_scheduler(slot_)) return Exit::no_room;
  if (extension.version != kSqlVersion) {
    slots::stop_workers(database_);
    say_once(base::strcat("pg_tandem: nothing runs in database \"", pg::database_name(), "\": its version ",
                          extension.version, " is not that of the library, ", kSqlVersion),
             {}, "ALTER EXTENSION pg_tandem UPDATE;");
    return std::nullopt;
  }
  if (const std::optional<std::string> reason = check_home(sql)) {
    slots::stop_workers(database_);
    say_once(base::strcat("pg_tandem: nothing runs in database \"", pg::database_name(), "\": ", *reason), {},
             reason->starts_with("paused by ") ? "SELECT tandem.resume_all();" : "SELECT tandem.adopt();");
    return std::nullopt;
  }
  said_.clear();
  may_work = true;
  return std::nullopt;
}

void Scheduler::queue_work(pg::Sql& sql, base::Instant now, std::optional<base::Instant>& again) {
  const bool all_taken_back = take_back(sql);
  const bool all_started = start_due(sql, now);
  store::start_pushes(sql);
  if (const auto event = store::next_event(sql, now)) {
    // Over already: somebody held it just now.
    sooner(again, *event > now ? *event : base::Instant{now.micros + kHeldRetry});
  }
  if (!all_taken_back) sooner(again, {now.micros + kHeldRetry});
  if (!all_started) sooner(again, now);
}

// Runs whose process is gone: of an earlier start of the server, or dead in this one.
bool Scheduler::take_back(pg::Sql& sql) {
  const auto boot_id = static_cast<std::int64_t>(slots::boot_id());
  std::vector<std::int64_t> left_behind;
  for (const store::RunningRun& run : store::running_runs(sql)) {
    if (run.boot_id != boot_id || !pg::process_alive(run.pid)) left_behind.push_back(run.run);
  }
  if (!left_behind.empty()) {
    pg::log(pg::Level::log,
            base::strcat("pg_tandem: ", left_behind.size(), " run(s) of processes that are gone are taken up again"));
  }
  return store::requeue_runs(sql, left_behind);
}

// What was missed while nobody looked is run once: the next time is after now. False: there is more.
bool Scheduler::start_due(pg::Sql& sql, base::Instant now) {
  std::vector<store::NextRun> next;
  const std::vector<store::DueMapping> due = store::take_due(sql, now, kDueAtOnce);
  for (const store::DueMapping& mapping : due) {
    const auto at = store::next_run_at(mapping.schedule, now);
    if (!at) {
      pg::log(pg::Level::warning,
              base::strcat("pg_tandem: mapping \"", mapping.name, "\" is not scheduled any more: ", at.error().text));
    }
    next.push_back({mapping.mapping_id, at ? *at : std::nullopt});
  }
  if (!next.empty()) store::start_due(sql, next);
  return due.size() < kDueAtOnce;
}

void Scheduler::say_once(std::string_view what, std::string_view detail, std::string_view hint) {
  if (said_ == what) return;
  said_ = what;
  pg::log(pg::Level::log, what, detail, hint);
}

}  // namespace tandem::worker
