// The lock on our own extension object: how a process makes sure that the SQL side is
// still there, and stays there, for one transaction.
#pragma once

#include <string>

#include "pg/types.hpp"

namespace tandem::pg {

enum class ExtensionLock {
  held,    // until the end of the transaction DROP EXTENSION waits
  absent,  // there is no such extension in this database
  busy,    // somebody is dropping it right now and has not committed
};
struct ExtensionState {
  ExtensionLock lock = ExtensionLock::absent;
  Oid oid = kInvalidOid;
  std::string version;  // as pg_extension says, when held
};
// Never waits. Needs a transaction.
[[nodiscard]] ExtensionState lock_extension(const char* name);

}  // namespace tandem::pg
