// Postgres's hooks, as events for the layers above: commands that want a database to
// themselves, the drop of our extension, the ends of transactions. The hooks are plain C
// frames; no C++ object is alive while the command itself runs. Installed only when the
// server preloads us.
#pragma once

#include "pg/types.hpp"

namespace tandem::pg {

enum class TransactionEnd { committed, aborted, prepared };

struct HookEvents {
  const char* extension;
  // DROP DATABASE, RENAME, SET TABLESPACE, or CREATE DATABASE with it as template, by somebody who may:
  // nobody of ours may be in it. The transaction's end follows in any case.
  void (*clear_database)(Oid database);
  // After CREATE or ALTER DATABASE: a database that may have to be looked at once this is committed.
  void (*database_changed)(Oid database);
  void (*extension_dropped)();                     // in this database, not committed yet
  void (*prepared_committed)(bool has_extension);  // COMMIT PREPARED; whether this database has the extension now
  void (*transaction_ended)(TransactionEnd end);   // must not throw
};
void install_hooks(const HookEvents* events);

}  // namespace tandem::pg
