#include "worker/scheduler_workers.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/catalog.hpp"
#include "pg/log.hpp"
#include "pg/settings.hpp"
#include "store/queue.hpp"
#include "worker/background.hpp"
#include "worker/wake.hpp"
#include "worker/worker_main.hpp"

namespace tandem::worker {
namespace {

constexpr base::Micros kRoomRetry = base::kSecond;
constexpr base::Micros kLeastBetweenStarts = base::kSecond;
constexpr base::Micros kRememberOwner = 3600 * base::kSecond;

struct Problem {
  const char* code;
  std::string message;
};

// Why nobody can work for this owner.
std::optional<Problem> problem_of(pg::Oid owner, const std::string& name) {
  if (name.empty()) {
    return Problem{core::code::kOwnerGone,
                   base::strcat("the role that owns the mapping (oid ", owner,
                                ") does not exist any more; drop the mapping and create it again as another role")};
  }
  if (!pg::process_may_connect_as(owner)) {
    return Problem{core::code::kOwnerCannotLogIn,
                   base::strcat("role \"", name, "\" cannot log in, so no worker can work with its rights; ALTER ROLE ",
                                pg::quote_identifier(name), " LOGIN; (it needs no password)")};
  }
  if (pg::is_superuser(owner) && !pg::settings().allow_superuser_mappings) {
    return Problem{core::code::kOwnerIsSuperuser,
                   base::strcat("role \"", name,
                                "\" is a superuser, and tandem.allow_superuser_mappings is off; "
                                "create the mapping as an ordinary role")};
  }
  return std::nullopt;
}

}  // namespace

std::vector<OwnerRequest> SchedulerWorkers::choose(pg::Sql& sql, base::Instant now) {
  if (database_name_.empty()) database_name_ = pg::database_name();
  std::vector<OwnerRequest> requests;
  for (const store::WaitingOwner& waiting : store::waiting_owners(sql, now)) {
    OwnerRequest request{waiting.owner, pg::role_name(waiting.owner)};
    if (const auto problem = problem_of(request.owner, request.name)) {
      store::fail_waiting(sql, request.owner, problem->code, problem->message);
      wake_scheduler_at_commit();  // others may have waited for those
      continue;
    }
    requests.push_back(std::move(request));
  }
  // Whoever had a worker last goes to the end; the order so far (who waits longest) decides among equals.
  std::ranges::stable_sort(requests, {}, [this](const OwnerRequest& request) {
    const auto known = workers_.find(request.owner);
    return known == workers_.end() ? base::Instant{} : known->second.last_started;
  });
  return requests;
}

std::optional<base::Instant> SchedulerWorkers::provide(const std::vector<OwnerRequest>& requests, base::Instant now) {
  notice_ends(now);
  forget_idle_owners(now);
  std::optional<base::Instant> again;
  bool room_is_missing = false;
  for (const OwnerRequest& request : requests) {
    Worker& worker = workers_[request.owner];
    switch (provide_one(request, worker, now)) {
      case Provided::yes:
        break;
      case Provided::later:
        if (!again || worker.backoff.not_before < *again) again = worker.backoff.not_before;
        break;
      case Provided::no_room:
        room_is_missing = true;
        break;
    }
    if (room_is_missing) break;  // what was refused to the first is refused to all
  }
  if (!room_is_missing) {
    said_no_room_ = false;
    slots::stop_waiting(scheduler_);
    return again;
  }
  slots::ask_for_room(now, pg::settings().worker_slice_ms * (base::kSecond / 1000));
  const base::Instant retry{now.micros + jittered(kRoomRetry)};
  return again && *again < retry ? again : retry;
}

void SchedulerWorkers::notice_ends(base::Instant now) {
  for (auto& [owner, worker] : workers_) {
    if (!worker.slot.valid()) continue;
    std::optional<Exit> exit = slots::ended(worker.slot);
    if (!exit && worker.process && worker.process->status() == pg::Process::Status::ended) {
      slots::release(worker.slot);  // only if it never attached; else its own exit has the word
      exit = slots::ended(worker.slot);
    }
    if (!exit) continue;
    if (*exit == Exit::crashed) {
      worker.backoff.failed(now);
    } else {
      worker.backoff.succeeded();
      // One that found nothing it could take must not be started again and again.
      worker.backoff.not_before = {worker.last_started.micros + kLeastBetweenStarts};
    }
    worker.slot = {};
    worker.process.reset();
  }
}

void SchedulerWorkers::forget_idle_owners(base::Instant now) {
  std::erase_if(workers_, [now](const auto& known) {
    return !known.second.slot.valid() && known.second.last_started.micros + kRememberOwner < now.micros &&
           known.second.backoff.over(now);
  });
}

SchedulerWorkers::Provided SchedulerWorkers::provide_one(const OwnerRequest& request, Worker& worker,
                                                         base::Instant now) {
  if (!worker.slot.valid() && !worker.backoff.over(now)) return Provided::later;
  const slots::Reservation reserved = slots::reserve(Kind::worker, database_, request.owner, scheduler_, now);
  switch (reserved.refusal) {
    case slots::Refusal::none:
      return start(request, worker, reserved.slot, now);
    case slots::Refusal::exists:
      worker.slot = reserved.existing;  // perhaps started by a scheduler before this one
      slots::wake(reserved.existing);
      return Provided::yes;
    case slots::Refusal::stopping:
      return Provided::yes;  // this process is about to end, too
    case slots::Refusal::worker_limit:
      say_no_room(request, "tandem.max_workers workers are running",
                  "Raise tandem.max_workers and restart the server.");
      return Provided::no_room;
    case slots::Refusal::full:
    case slots::Refusal::not_our_turn:
      say_no_room(request, "all processes that pg_tandem may start are running",
                  "Raise max_worker_processes and restart the server.");
      return Provided::no_room;
  }
  return Provided::yes;
}

SchedulerWorkers::Provided SchedulerWorkers::start(const OwnerRequest& request, Worker& worker, SlotRef slot,
                                                   base::Instant now) {
  worker.process = pg::start_process(kWorkerFunction, kWorkerType, base::strcat("tandem worker for ", request.name),
                                     pack({slot, database_, request.owner}));
  if (!worker.process) {
    slots::release(slot);
    say_no_room(request, "the server has no free background worker",
                "Raise max_worker_processes and restart the server.");
    return Provided::no_room;
  }
  worker.slot = slot;
  worker.last_started = now;
  return Provided::yes;
}

void SchedulerWorkers::say_no_room(const OwnerRequest& request, std::string_view why, std::string_view hint) {
  if (said_no_room_) return;
  said_no_room_ = true;
  const SlotsLeft left = slots_left();
  pg::log(pg::Level::log,
          base::strcat("pg_tandem: role \"", request.name, "\" in database \"", database_name_,
                       "\" waits for a worker: ", why),
          base::strcat(left.used, " of ", left.budget,
                       " processes are in use (at most half of max_worker_processes = ", pg::max_worker_processes(),
                       "), ", left.workers, " of tandem.max_workers = ", left.max_workers, " workers."),
          hint);
}

}  // namespace tandem::worker
