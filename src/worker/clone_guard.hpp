// Is this database where it was set up? A copy (dump, template, base backup, another
// cluster) must not sync a second time into somebody's production accounts: it starts
// paused until adopt(). Two proofs: the identity stored in the database, and how the
// server was started (backup_label, recovery.signal). The second is gone at the next
// start, so the moment is written to a file in the data directory at once; a database
// that was adopted after it is at home.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "pg/sql.hpp"

namespace tandem::worker {

// In _PG_init, in the postmaster: looks how the server is being started.
void note_how_server_starts();

// Why nothing may run in this database, or nullopt. A reason that is found for the first time is stored.
// In a transaction of the scheduler.
[[nodiscard]] std::optional<std::string> check_home(pg::Sql& sql);

// The same without storing anything, for doctor().
struct CloneVerdict {
  bool paused = false;
  std::string reason;  // empty: all is well
};
[[nodiscard]] CloneVerdict clone_verdict(pg::Sql& sql);

// This database is at home here and now. Wakes the scheduler at commit.
void adopt(pg::Sql& sql);

}  // namespace tandem::worker
