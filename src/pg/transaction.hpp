// Transactions of workers, and savepoints. A Transaction is the innermost
// Postgres-owning local of its scope; it is neither movable nor heap-allocatable, so
// it cannot live across a wait. Destruction without commit() aborts; if even that
// fails the process exits, for nothing can be trusted then.
#pragma once

#include <cstddef>
#include <string_view>

#include "pg/sql.hpp"

struct MemoryContextData;
struct ResourceOwnerData;

namespace tandem::pg {

// True while a transaction is open in this process. The loop asserts that it is false when it waits.
[[nodiscard]] bool in_transaction() noexcept;

class TransactionScope {  // starts before SPI connects, aborts after it is finished
 public:
  explicit TransactionScope(std::string_view activity);
  ~TransactionScope();
  TransactionScope(const TransactionScope&) = delete;
  TransactionScope& operator=(const TransactionScope&) = delete;

 protected:
  void commit_scope();

 private:
  void abort() noexcept;

  MemoryContextData* outer_;
  int errors_before_;
  bool open_ = false;
};

// begin, own memory context, snapshot, SPI; `activity` is shown in pg_stat_activity ("apply page 4 of contacts":
// names only, never a URL with a query or a value). Always READ COMMITTED and read-write, whatever the role's
// defaults say.
class Transaction : private TransactionScope, public Sql {
 public:
  explicit Transaction(std::string_view activity);
  ~Transaction() = default;
  // Commits, reports statistics, goes idle. Afterwards only the destructor may be called.
  void commit();
  void* operator new(std::size_t) = delete;
};

// A subtransaction. Destruction without release() rolls back to where it began; if that fails the
// session ends.
class Savepoint {
 public:
  explicit Savepoint(Sql& sql);
  ~Savepoint();
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  void release();  // may raise what deferred checks raise if the caller made them immediate

 private:
  MemoryContextData* memory_;
  ResourceOwnerData* owner_;
  int errors_before_;
  bool open_ = true;
};

}  // namespace tandem::pg
