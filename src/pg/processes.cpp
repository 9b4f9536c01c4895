#include "pg/processes.hpp"

#include <cstring>

#include "pg/catalog.hpp"
#include "pg/guard.hpp"

#include "pg/postgres.hpp"
#include "pg/compat.hpp"

namespace tandem::pg {
namespace {

constexpr const char* kLibrary = "pg_tandem";

void describe(BackgroundWorker& worker, const char* function, const char* type, const char* name) {
  std::memset(&worker, 0, sizeof worker);
  strlcpy(worker.bgw_name, name, BGW_MAXLEN);
  strlcpy(worker.bgw_type, type, BGW_MAXLEN);
  strlcpy(worker.bgw_library_name, kLibrary, BGW_MAXLEN);
  strlcpy(worker.bgw_function_name, function, BGW_MAXLEN);
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  worker.bgw_restart_time = BGW_NEVER_RESTART;
}

}  // namespace

bool preloading() noexcept { return process_shared_preload_libraries_in_progress; }
bool binary_upgrade() noexcept { return IsBinaryUpgrade; }

std::string data_file(const char* name) {
  std::string path = DataDir == nullptr ? "." : DataDir;
  return path.append("/").append(name);
}

base::Instant server_start() { return {PgStartTime}; }
int max_worker_processes() noexcept { return ::max_worker_processes; }

void register_static_process(const char* function, const char* type, int restart_seconds) {
  call([=] {
    BackgroundWorker worker;
    describe(worker, function, type, type);
    worker.bgw_restart_time = restart_seconds;
    RegisterBackgroundWorker(&worker);
  });
}

std::optional<Process> start_process(const char* function, const char* type, const std::string& name,
                                     const ProcessArgument& argument) {
  static_assert(sizeof(ProcessArgument) <= BGW_EXTRALEN);
  const char* shown = name.c_str();
  const std::byte* bytes = argument.data();
  BackgroundWorkerHandle* handle = call([=]() -> BackgroundWorkerHandle* {
    BackgroundWorker worker;
    describe(worker, function, type, shown);
    std::memcpy(worker.bgw_extra, bytes, sizeof(ProcessArgument));
    worker.bgw_notify_pid = MyProcPid;
    // The handle is palloc'd and outlives any transaction.
    MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
    BackgroundWorkerHandle* made = nullptr;
    const bool registered = RegisterDynamicBackgroundWorker(&worker, &made);
    MemoryContextSwitchTo(before);
    return registered ? made : nullptr;
  });
  if (handle == nullptr) return std::nullopt;
  return Process(handle);
}

Process::~Process() {
  if (handle_ != nullptr) pfree(handle_);
}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Process::Status Process::status() const {
  BackgroundWorkerHandle* handle = handle_;
  const BgwHandleStatus status = call([handle] {
    pid_t pid = 0;
    return GetBackgroundWorkerPid(handle, &pid);
  });
  switch (status) {
    case BGWH_STARTED:
      return Status::running;
    case BGWH_NOT_YET_STARTED:
      return Status::starting;
    case BGWH_STOPPED:
    case BGWH_POSTMASTER_DIED:
      break;
  }
  return Status::ended;
}

ProcessArgument process_argument() noexcept {
  ProcessArgument argument;
  std::memcpy(argument.data(), MyBgworkerEntry->bgw_extra, sizeof argument);
  return argument;
}

void serve_signals() {
  call([] {
    // `die`, not bgworker_die: the latter raises FATAL inside the signal handler, wherever that interrupts.
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGTERM, die);
    BackgroundWorkerUnblockSignals();
  });
}

void connect_shared_catalogs() {
  call([] { BackgroundWorkerInitializeConnection(nullptr, nullptr, 0); });
}

void connect_database(Oid database, Oid role) {
  call([=] { BackgroundWorkerInitializeConnectionByOid(database, role, compat::kConnectFlags); });
}

bool process_may_connect_as(Oid role) { return compat::kWorkersMayBypassLogin || role_can_login(role); }

void at_process_exit(void (*callback)(int, Datum), Datum argument) {
  call([=] { before_shmem_exit(callback, argument); });
}

Pid my_pid() noexcept { return MyProcPid; }
Oid my_database() noexcept { return MyDatabaseId; }

bool process_alive(Pid pid) {
  return call([pid] { return BackendPidGetProc(pid) != nullptr; });
}

void wake_process(Pid pid) {
  if (pid == 0) return;
  call([pid] {
    // The entry may pass to another process meanwhile: that one then wakes once for nothing.
    PGPROC* process = BackendPidGetProc(pid);
    if (process != nullptr) SetLatch(&process->procLatch);
  });
}

void terminate_process(Pid pid) {
  if (pid > 0) kill(pid, SIGTERM);
}

void nap(base::Micros span) {
  call([span] {
    WaitLatch(nullptr, WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, static_cast<long>(span / 1000), PG_WAIT_EXTENSION);
    CHECK_FOR_INTERRUPTS();
  });
}

}  // namespace tandem::pg
