// A background worker of the test module: transactions, the known session, waiting.
// Each scenario writes what it found into table wall_log, which the test reads.
#include <poll.h>

#include <array>
#include <string>

#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/error.hpp"
#include "pg/function_call.hpp"
#include "pg/guard.hpp"
#include "pg/session.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"
#include "pg/transaction.hpp"
#include "pg/wait.hpp"

#include "module.hpp"
#include "pg/postgres.hpp"

namespace pg = tandem::pg;
using tandem::base::Failure;

namespace {

void note(std::string_view line) {
  pg::Transaction transaction("note");
  (void)transaction.run("INSERT INTO wall_log (line) VALUES ($1)", {line});
  transaction.commit();
}

template <class F>
std::string outcome(F&& body) {
  try {
    body();
    return "ok";
  } catch (const pg::Error& error) {
    return std::string(error.sqlstate()) + (error.is_cancel() ? " cancel" : "") +
           (error.is_transient() ? " transient" : "");
  } catch (const Failure& failure) {
    return std::string("failure: ") + failure.what();
  }
}

void transactions(const std::string&) {
  note("committed");
  {
    pg::Transaction transaction("never committed");
    (void)transaction.run("INSERT INTO wall_log (line) VALUES ('lost')");
  }
  wall::expect(!pg::in_transaction(), "aborted by its destructor");
  note("error: " + outcome([] {
         pg::Transaction transaction("error");
         (void)transaction.run("INSERT INTO wall_log (line) VALUES ('lost too')");
         (void)transaction.engine("SELECT 1/0");
       }));
  note("error without abort: " + outcome([] {
         pg::Transaction transaction("rule broken");
         (void)outcome([&] { (void)transaction.run("SELECT 1/0"); });
         transaction.commit();
       }));
  note("deferred: " + outcome([] {
         pg::Transaction transaction("deferred");
         (void)transaction.run("INSERT INTO wall_deferred VALUES (1), (1)");
         transaction.commit();
       }));
  note("nested: " + outcome([] {
         const pg::Transaction outer("outer");
         const pg::Transaction inner("inner");
       }));
  note("savepoint: " + outcome([] {
         pg::Transaction transaction("savepoint");
         (void)outcome([&] {
           const pg::Savepoint savepoint(transaction);
           (void)transaction.run("INSERT INTO wall_log (line) VALUES ('rolled back')");
           (void)transaction.run("SELECT wall_boom(1)");
         });
         (void)transaction.run("INSERT INTO wall_log (line) VALUES ('after savepoint')");
         transaction.commit();
       }));
  wall::expect(!pg::in_transaction() && pg::unresolved_errors() == 0, "all is over");
}

void memory(const std::string&) {
  const auto work = [](bool fail) {
    (void)outcome([fail] {
      pg::Transaction transaction("memory");
      pg::reset_session(pg::session_user(), 200, 1000);
      const std::array<pg::StagedColumn, 1> columns{{{.name = "v", .type = INT8OID}}};
      pg::StagedPage page(transaction, "page", columns);
      page.append(std::array<tandem::base::Cell, 1>{});
      (void)transaction.run("SELECT * FROM page");
      (void)transaction.engine("SELECT oid, relname FROM pg_class");
      (void)transaction.run(fail ? "SELECT 1/0" : "SELECT 1");
      transaction.commit();
    });
  };
  for (int i = 0; i < 100; ++i) work(i % 2 == 0);
  const std::int64_t before = wall::allocated_bytes();
  for (int i = 0; i < 2000; ++i) work(i % 2 == 0);
  note("grown by less than 64 kB: " + std::to_string(wall::allocated_bytes() - before < 65536));
}

// What user code leaves behind, and what the next transaction starts from.
void session(const std::string&) {
  const pg::Oid owner = pg::session_user();
  pg::set_application_name("tandem: wall");
  const auto state = [owner](const char* when) {
    pg::Transaction transaction("session");
    pg::reset_session(owner, 200, 0);
    const pg::Rows rows = transaction.run(
        "SELECT concat_ws('|', current_user = session_user, current_setting('transaction_isolation'),"
        " current_setting('transaction_read_only'), current_setting('row_security'), current_setting('lock_timeout'),"
        " current_setting('search_path'), current_setting('work_mem'), current_setting('application_name'))");
    (void)transaction.run("INSERT INTO wall_log (line) VALUES ($1)", {std::string(when) + ": " + rows.text(0, 0)});
    transaction.commit();
  };
  state("at first");
  {
    pg::Transaction transaction("user code");
    pg::reset_session(owner, 200, 0);
    for (const char* setting :
         {"SET search_path = evil", "SET default_transaction_read_only = on", "SET work_mem = '1MB'",
          "SET default_transaction_isolation = 'serializable'", "SET row_security = off", "SET lock_timeout = 0",
          "SET application_name = 'x'", "SET ROLE wall_other"}) {
      (void)transaction.run(setting);
    }
    transaction.commit();
  }
  state("after user code");
  note("another owner: " + outcome([] {
         const pg::Transaction transaction("wrong");
         pg::reset_session(10, 0, 0);
       }));
}

void discard(const std::string&) {
  const auto left = [] {
    pg::Transaction transaction("look");
    const std::string count =
        transaction
            .run(
                "SELECT concat_ws('|', (SELECT count(*) FROM pg_class WHERE relname = 'wall_temp'),"
                " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),"
                " (SELECT count(*) FROM pg_prepared_statements),"
                " (SELECT count(*) FROM pg_cursors))")
            .text(0, 0);
    transaction.commit();
    return count;
  };
  {
    pg::Transaction transaction("leave things");
    for (const char* statement :
         {"CREATE TEMP TABLE wall_temp (n int)", "SELECT pg_advisory_lock(1)", "PREPARE p AS SELECT 1",
          "DO $$ BEGIN EXECUTE 'DECLARE c CURSOR WITH HOLD FOR SELECT 1'; END $$"}) {
      (void)transaction.run(statement);
    }
    transaction.commit();
  }
  note("left: " + left());
  pg::discard_session();
  note("discarded: " + left());
}

void timeouts(const std::string&) {
  const pg::Oid owner = pg::session_user();
  note("statement timeout: " + outcome([owner] {
         pg::Transaction transaction("slow");
         pg::reset_session(owner, 0, 50);
         (void)transaction.run("SELECT pg_sleep(60)");
       }));
  note("disarmed: " + outcome([owner] {
         pg::Transaction transaction("slower than the last timeout");
         pg::reset_session(owner, 0, 0);
         (void)transaction.run("SELECT pg_sleep(0.2)");
         transaction.commit();
       }));
  note("lock timeout: " + outcome([owner] {  // the test holds a lock on this table
         pg::Transaction transaction("locked");
         pg::reset_session(owner, 50, 0);
         (void)transaction.run("INSERT INTO wall_locked VALUES (1)");
       }));
  note("scope: " + outcome([] {
         const pg::Transaction transaction("scope");
         const pg::StatementTimeout timeout(50);
         while (true) pg::check_interrupts();
       }));
}

void wait(const std::string&) {
  pg::Alarm alarm;
  const std::array<int, 1> descriptors{alarm.descriptor()};
  pg::WaitSet set(descriptors, pg::WaitSet::Use::background);
  const auto ring = [&] {
    for (;;) {  // other things may set the latch meanwhile
      const auto woken = set.wait(tandem::base::kSecond);
      if (woken.descriptors != 0 || woken.timeout) return woken;
    }
  };
  alarm.set(tandem::base::Instant{-tandem::base::kUnixEpochOffsetSeconds * tandem::base::kSecond});
  note("alarm in the past: " + std::to_string(ring().descriptors));
  alarm.drain();
  alarm.clear();
  pollfd quiet{alarm.descriptor(), POLLIN, 0};
  note("cleared: " + std::to_string(poll(&quiet, 1, 0)));
  SetLatch(MyLatch);
  note("latch: " + std::to_string(set.wait(-1).latch));
  note("in a transaction: " + outcome([&] {
         const pg::Transaction transaction("wait");
         (void)set.wait(0);
       }));
}

// Until it is terminated, or the configuration says stop.
void stay(const std::string&) {
  note("staying");
  pg::WaitSet set({}, pg::WaitSet::Use::background);
  while (std::string(GetConfigOption("wall.stop", true, false) == nullptr
                         ? ""
                         : GetConfigOption("wall.stop", true, false)) != "yes") {
    (void)set.wait(-1);
  }
  note("configuration reloaded");
}

using Scenario = void (*)(const std::string&);
constexpr std::pair<std::string_view, Scenario> kScenarios[] = {
    {"transactions", transactions}, {"memory", memory}, {"session", session}, {"discard", discard},
    {"timeouts", timeouts},         {"wait", wait},     {"stay", stay},
};

struct Order {  // bgw_extra
  Oid database;
  Oid role;
  char scenario[32];
};

void run_worker(void*) {
  const wall::Counted counted;
  Order order{};
  std::memcpy(&order, MyBgworkerEntry->bgw_extra, sizeof order);
  pg::call([&order] {
    pqsignal(SIGTERM, die);
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    BackgroundWorkerUnblockSignals();
    BackgroundWorkerInitializeConnectionByOid(order.database, order.role, 0);
  });
  for (const auto& [name, scenario] : kScenarios) {
    if (name == order.scenario) scenario(order.scenario);
  }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void wall_worker_main(Datum);
void wall_worker_main(Datum) { pg::entry(run_worker, nullptr); }

// wall_start(library, scenario, role, wait): the pid; waits for the end if asked to.
TANDEM_FUNCTION(wall_start) {
  BackgroundWorker worker{};
  Order order{MyDatabaseId, pg::role_oid(call.required_text(2, "role")), ""};
  const std::string library = call.required_text(0, "library");
  const std::string scenario = call.required_text(1, "scenario");
  strlcpy(order.scenario, scenario.c_str(), sizeof order.scenario);
  std::memcpy(worker.bgw_extra, &order, sizeof order);
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  worker.bgw_restart_time = BGW_NEVER_RESTART;
  worker.bgw_notify_pid = MyProcPid;
  strlcpy(worker.bgw_library_name, library.c_str(), sizeof worker.bgw_library_name);
  strlcpy(worker.bgw_function_name, "wall_worker_main", sizeof worker.bgw_function_name);
  strlcpy(worker.bgw_name, "wall worker", sizeof worker.bgw_name);
  strlcpy(worker.bgw_type, "wall worker", sizeof worker.bgw_type);
  const bool wait_for_end = call.boolean(3).value();
  const int pid = pg::call([&] {
    BackgroundWorkerHandle* handle = nullptr;
    pid_t started = 0;
    if (!RegisterDynamicBackgroundWorker(&worker, &handle)) elog(ERROR, "no slot for a worker");
    (void)WaitForBackgroundWorkerStartup(handle, &started);
    if (wait_for_end) (void)WaitForBackgroundWorkerShutdown(handle);
    return static_cast<int>(started);
  });
  return call.ret_integer(pid);
}
