// The session a worker's transaction starts from, every time: what user code of an
// earlier mapping set (role, read-only, search_path, timeouts, isolation, tenant) is
// reset, and current user = session user = owner is asserted (design.md §3).
#pragma once

#include <cstdint>
#include <string_view>

#include "pg/types.hpp"

namespace tandem::pg {

// Call first thing inside a Transaction of a worker. Throws Failure(internal) when the identity is wrong.
// statement_timeout bounds the whole transaction; 0 for either: none.
void reset_session(Oid owner, std::int64_t lock_timeout_ms, std::int64_t statement_timeout_ms);
// For a step of a run: its commit does not wait for the disk. A crash may take it back as a whole, and the run then
// goes on from the step before; the commit that ends the run is flushed, and with it everything before.
void flush_later();
// Releases what a session keeps between transactions: temp tables, advisory locks, cursors, prepared
// statements, listens. Between tenants. In the open transaction, or in one of its own.
void discard_session();
// While it lives, what runs cannot SET ROLE nor RESET ROLE: user code that runs in a person's session does not become
// whoever that person also is.
class RoleStays {
 public:
  RoleStays();
  ~RoleStays();
  RoleStays(const RoleStays&) = delete;
  RoleStays& operator=(const RoleStays&) = delete;

 private:
  Oid user_ = kInvalidOid;
  int security_context_ = 0;
};
// Arms statement_timeout while it lives, as background workers do not by themselves; replaces the one armed before.
class StatementTimeout {
 public:
  explicit StatementTimeout(std::int64_t milliseconds);
  ~StatementTimeout();
  StatementTimeout(const StatementTimeout&) = delete;
  StatementTimeout& operator=(const StatementTimeout&) = delete;
};
void disarm_statement_timeout() noexcept;          // at the end of every Transaction
void set_application_name(std::string_view name);  // stays, whatever user code sets: reset_session() restores it

}  // namespace tandem::pg
