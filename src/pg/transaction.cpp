#include "pg/transaction.hpp"

#include "base/error.hpp"
#include "pg/guard.hpp"
#include "pg/session.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

using base::Errc;
using base::Failure;

void begin(std::string_view activity) {
  char text[256];
  const std::size_t size = std::min(activity.size(), sizeof(text) - 1);
  std::memcpy(text, activity.data(), size);
  text[size] = '\0';
  SetCurrentStatementStartTimestamp();
  pgstat_report_activity(STATE_RUNNING, text);
  StartTransactionCommand();
  // Before the first snapshot, where they still can be chosen: the role's defaults do not count.
  XactIsoLevel = XACT_READ_COMMITTED;
  XactReadOnly = RecoveryInProgress();
  XactDeferrable = false;
  // SPI takes its own for each statement; this one is for what happens between them (detoasting, input functions).
  PushActiveSnapshot(GetTransactionSnapshot());
}

void roll_back() {
  // What PostgresMain's error handler cleans up besides the transaction itself.
  AbortOutOfAnyTransaction();
  PortalErrorCleanup();
  jit_reset_after_error();
  pgstat_report_stat(false);
  pgstat_report_activity(STATE_IDLE, nullptr);
}

[[noreturn]] void give_up(const char* what) noexcept {
  try {
    call([what] { elog(FATAL, "%s failed: the process ends, for its state cannot be trusted", what); });
  } catch (...) {
  }
  proc_exit(1);
}

}  // namespace

bool in_transaction() noexcept { return IsTransactionOrTransactionBlock(); }

TransactionScope::TransactionScope(std::string_view activity)
    : outer_(CurrentMemoryContext), errors_before_(unresolved_errors()) {
  if (in_transaction()) throw Failure(Errc::internal, "a transaction is open already");
  open_ = true;
  try {
    call([activity] { begin(activity); });
  } catch (...) {
    abort();
    throw;
  }
  MemoryContextSwitchTo(TopTransactionContext);
}

TransactionScope::~TransactionScope() {
  if (open_) abort();
}

void TransactionScope::commit_scope() {
  if (unresolved_errors() > errors_before_) {
    throw Failure(Errc::internal, "commit of a transaction in which an error was caught but not rolled back");
  }
  // Not the transaction's own context: the guard would come back to freed memory.
  MemoryContextSwitchTo(outer_);
  call([] {
    PopActiveSnapshot();
    CommitTransactionCommand();
  });
  open_ = false;
  disarm_statement_timeout();
  call([] {
    // Counters only reach the statistics (and autovacuum) when a process says so.
    pgstat_report_stat(false);
    pgstat_report_activity(STATE_IDLE, nullptr);
  });
}

void TransactionScope::abort() noexcept {
  open_ = false;
  disarm_statement_timeout();
  MemoryContextSwitchTo(outer_);
  try {
    call([] { roll_back(); });
  } catch (...) {
    give_up("transaction abort");
  }
  resolve_errors(errors_before_);
}

Transaction::Transaction(std::string_view activity) : TransactionScope(activity) {}

void Transaction::commit() {
  finish();
  commit_scope();
}

Savepoint::Savepoint([[maybe_unused]] Sql& sql)
    : memory_(CurrentMemoryContext), owner_(CurrentResourceOwner), errors_before_(unresolved_errors()) {
  // The guard brings the memory context back: what is made inside outlives a release, as in PL/pgSQL.
  call([] { BeginInternalSubTransaction(nullptr); });
}

Savepoint::~Savepoint() {
  if (!open_) return;
  MemoryContextSwitchTo(memory_);
  try {
    call([] { RollbackAndReleaseCurrentSubTransaction(); });
  } catch (...) {
    give_up("rollback to savepoint");
  }
  CurrentResourceOwner = owner_;
  // SPI connections made inside are gone, ours is on top again.
  resolve_errors(errors_before_);
}

void Savepoint::release() {
  if (unresolved_errors() > errors_before_) {
    throw Failure(Errc::internal, "release of a savepoint in which an error was caught but not rolled back");
  }
  MemoryContextSwitchTo(memory_);
  call([] { ReleaseCurrentSubTransaction(); });
  CurrentResourceOwner = owner_;
  open_ = false;
}

}  // namespace tandem::pg
