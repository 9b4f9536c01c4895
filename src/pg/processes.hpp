// Background processes as Postgres has them: registering the static one, starting
// dynamic ones, what a process does first, latches and exits of others by pid. Which
// process runs where and why is decided in src/worker.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "pg/types.hpp"

struct BackgroundWorkerHandle;

namespace tandem::pg {

[[nodiscard]] bool preloading() noexcept;               // shared_preload_libraries is being read
[[nodiscard]] bool binary_upgrade() noexcept;           // pg_upgrade runs this server
[[nodiscard]] std::string data_file(const char* name);  // path of a file in the data directory
[[nodiscard]] base::Instant server_start();             // when the postmaster started
[[nodiscard]] int max_worker_processes() noexcept;

// --- starting

using ProcessArgument = std::array<std::byte, 64>;

// The static process: starts when recovery is finished (so on a standby not before its promotion), is
// restarted `restart_seconds` after it ended with an error.
void register_static_process(const char* function, const char* type, int restart_seconds);

// A dynamic process that this one started; never restarted by the postmaster, which wakes us when it starts or ends.
class Process {
 public:
  enum class Status { starting, running, ended };
  explicit Process(BackgroundWorkerHandle* handle) noexcept : handle_(handle) {}
  ~Process();
  Process(Process&& other) noexcept : handle_(other.handle_) { other.handle_ = nullptr; }
  Process& operator=(Process&& other) noexcept;
  [[nodiscard]] Status status() const;

 private:
  BackgroundWorkerHandle* handle_;
};
// nullopt: the server has no free slot (max_worker_processes).
[[nodiscard]] std::optional<Process> start_process(const char* function, const char* type, const std::string& name,
                                                   const ProcessArgument& argument);

// --- in a background process

[[nodiscard]] ProcessArgument process_argument() noexcept;
void serve_signals();                           // SIGHUP reloads, SIGTERM ends: first thing in a process
void connect_shared_catalogs();                 // no database
void connect_database(Oid database, Oid role);  // kInvalidOid: the bootstrap superuser. FATAL when it cannot be
// Whether connect_database would take this role (before 17, one that may not log in is refused). Needs a transaction.
[[nodiscard]] bool process_may_connect_as(Oid role);
// Runs `callback` when this process exits, while it still may touch shared memory. Must not throw.
void at_process_exit(void (*callback)(int code, Datum argument), Datum argument);

// --- any process

[[nodiscard]] Pid my_pid() noexcept;
[[nodiscard]] Oid my_database() noexcept;
[[nodiscard]] bool process_alive(Pid pid);  // a process of this server that is connected to it
void wake_process(Pid pid);                 // sets its latch; nothing when it is gone
void terminate_process(Pid pid);            // SIGTERM
void nap(base::Micros span);                // waits in a foreground command; serves interrupts

}  // namespace tandem::pg
