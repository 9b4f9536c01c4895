// What happens in ordinary sessions: waking the scheduler when a transaction commits,
// making room when a database is wanted by somebody alone, noticing that the extension
// is dropped. All of it is decided at the end of the transaction, so that a rollback
// wakes nobody.
#pragma once

#include <span>

#include "pg/hooks.hpp"
#include "pg/types.hpp"

namespace tandem::worker {

// Called by SQL functions that leave something to do for the processes of the current database. Nothing happens when
// the transaction rolls back; when it is prepared, COMMIT PREPARED wakes.
void wake_scheduler_at_commit();
// The same for the workers of the current database: a cancellation, a changed connection.
void wake_workers_at_commit();
// The same for the workers of some owners: changes were captured that they are to push. Where an owner's is not at
// work, the scheduler is woken, which starts it.
void wake_pushers_at_commit(std::span<const pg::Oid> owners);

// For _PG_init.
[[nodiscard]] const pg::HookEvents* hook_events() noexcept;

}  // namespace tandem::worker
