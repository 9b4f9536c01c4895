// How a process of ours is begun: what its parent tells it, and the three main functions
// that the server calls by name.
#pragma once

#include "pg/processes.hpp"
#include "pg/types.hpp"
#include "worker/slots.hpp"

namespace tandem::worker {

inline constexpr const char* kLauncherFunction = "tandem_launcher_main";
inline constexpr const char* kSchedulerFunction = "tandem_scheduler_main";
inline constexpr const char* kWorkerFunction = "tandem_worker_main";
// Shown as backend_type.
inline constexpr const char* kLauncherType = "tandem launcher";
inline constexpr const char* kSchedulerType = "tandem scheduler";
inline constexpr const char* kWorkerType = "tandem worker";

// What a dynamic process is told.
struct StartOrder {
  SlotRef slot;
  pg::Oid database = pg::kInvalidOid;
  pg::Oid role = pg::kInvalidOid;
};
[[nodiscard]] pg::ProcessArgument pack(const StartOrder& order) noexcept;

}  // namespace tandem::worker
