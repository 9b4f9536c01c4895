#include "pg/session.hpp"

#include <limits>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/guard.hpp"
#include "pg/transaction.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

using base::Errc;
using base::Failure;

char g_application_name[NAMEDATALEN] = "";

// Called under a guard only. For the session or, as SET LOCAL, until the transaction ends.
void set(const char* name, const char* value, GucAction action) {
  (void)set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, action, true, 0, false);
}

// Called under a guard only.
void reset_options(std::int64_t lock_timeout_ms) {
  // RESET SESSION AUTHORIZATION, SET ROLE none, RESET ALL: role defaults (ALTER ROLE ... SET) hold again,
  // but for those that change who runs, or whether policies count.
  set("session_authorization", nullptr, GUC_ACTION_SET);
  set("role", "none", GUC_ACTION_SET);
  ResetAllOptions();
  set("row_security", "on", GUC_ACTION_LOCAL);
  set("lock_timeout", psprintf(INT64_FORMAT, lock_timeout_ms), GUC_ACTION_LOCAL);
  if (g_application_name[0] != '\0') set("application_name", g_application_name, GUC_ACTION_SET);
  XactReadOnly = RecoveryInProgress();
}

void check_identity(Oid owner) {
  Oid user = InvalidOid;
  int security_context = 0;
  GetUserIdAndSecContext(&user, &security_context);
  if (user == owner && GetSessionUserId() == owner && security_context == 0) return;
  throw Failure(Errc::internal, base::strcat("session runs as role ", user, " of session user ", GetSessionUserId(),
                                             ", not as owner ", owner));
}

void arm(std::int64_t milliseconds) {
  if (milliseconds <= 0) {
    disarm_statement_timeout();
    return;
  }
  const auto delay = static_cast<int>(std::min<std::int64_t>(milliseconds, std::numeric_limits<int>::max()));
  call([delay] { enable_timeout_after(STATEMENT_TIMEOUT, delay); });
}

// Called under a guard only: what DISCARD ALL does besides the settings.
void discard_now() {
  PortalHashTableDeleteAll();
  DropAllPreparedStatements();
  Async_UnlistenAll();
  LockReleaseAll(USER_LOCKMETHOD, true);
  ResetTempTableNamespace();
  ResetSequenceCaches();
}

}  // namespace

void reset_session(Oid owner, std::int64_t lock_timeout_ms, std::int64_t statement_timeout_ms) {
  if (!in_transaction()) throw Failure(Errc::internal, "session reset outside a transaction");
  call([lock_timeout_ms] { reset_options(lock_timeout_ms); });
  check_identity(owner);
  if (XactIsoLevel != XACT_READ_COMMITTED) throw Failure(Errc::internal, "transaction is not read committed");
  arm(statement_timeout_ms);
}

void flush_later() {
  call([] { set("synchronous_commit", "off", GUC_ACTION_LOCAL); });
}

void discard_session() {
  if (in_transaction()) {
    call([] { discard_now(); });
    return;
  }
  Transaction transaction("discard session");
  call([] { discard_now(); });
  transaction.commit();
}

RoleStays::RoleStays() {
  GetUserIdAndSecContext(&user_, &security_context_);
  SetUserIdAndSecContext(user_, security_context_ | SECURITY_LOCAL_USERID_CHANGE);
}

RoleStays::~RoleStays() { SetUserIdAndSecContext(user_, security_context_); }

StatementTimeout::StatementTimeout(std::int64_t milliseconds) { arm(milliseconds); }

StatementTimeout::~StatementTimeout() { disarm_statement_timeout(); }

void disarm_statement_timeout() noexcept {
  if (get_timeout_active(STATEMENT_TIMEOUT)) disable_timeout(STATEMENT_TIMEOUT, true);
  // It fired, and nobody has looked yet: what it was to stop is over, the next statement is innocent.
  if (get_timeout_indicator(STATEMENT_TIMEOUT, true)) QueryCancelPending = false;
}

void set_application_name(std::string_view name) {
  const std::size_t size = std::min(name.size(), sizeof(g_application_name) - 1);
  std::memcpy(g_application_name, name.data(), size);
  g_application_name[size] = '\0';
  call([] { set("application_name", g_application_name, GUC_ACTION_SET); });
}

}  // namespace tandem::pg
