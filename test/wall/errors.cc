// SQL functions that raise and throw in every way there is.
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <new>
#include <stdexcept>
#include <vector>

#include "base/error.hpp"
#include "pg/entry.hpp"
#include "pg/error.hpp"
#include "pg/function_call.hpp"
#include "pg/guard.hpp"
#include "pg/log.hpp"
#include "pg/wait.hpp"

#include "module.hpp"
#include "pg/postgres.hpp"

namespace pg = tandem::pg;
using tandem::base::Errc;
using tandem::base::Failure;

namespace wall {

std::int64_t g_destroyed = 0;
Counted::~Counted() { ++g_destroyed; }

std::int64_t allocated_bytes() { return static_cast<std::int64_t>(MemoryContextMemAllocated(TopMemoryContext, true)); }

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

namespace {

void raise_with_everything() {
  ereport(ERROR,
          (errcode(ERRCODE_CHECK_VIOLATION), errmsg("the message"), errdetail("The detail."), errhint("The hint."),
           err_generic_string(PG_DIAG_SCHEMA_NAME, "the_schema"), err_generic_string(PG_DIAG_TABLE_NAME, "the_table"),
           err_generic_string(PG_DIAG_COLUMN_NAME, "the_column"),
           err_generic_string(PG_DIAG_CONSTRAINT_NAME, "the_constraint")));
}

// From here on the process gets no more address space: small things still fit into what malloc holds.
int stop_memory() {
  rlimit now{};
  getrlimit(RLIMIT_AS, &now);
  now.rlim_cur = 1 << 20;
  setrlimit(RLIMIT_AS, &now);
  return 0;
}

void give_memory_back() {
  rlimit now{};
  getrlimit(RLIMIT_AS, &now);
  now.rlim_cur = now.rlim_max;
  setrlimit(RLIMIT_AS, &now);
}

struct Level {  // raises from the bottom of a recursion with a destructor on every level
  static void descend(int depth) {
    const Counted counted;
    if (depth == 0) pg::call([] { raise_with_everything(); });
    if (depth > 0) descend(depth - 1);
  }
};

void throw_kind(const std::string& kind) {
  if (kind == "failure") throw Failure(Errc::undefined_object, "no mapping named \"x\"", "There is none.", "SELECT 1;");
  if (kind == "long") throw Failure(Errc::limit_exceeded, std::string(1000, 'a') + std::string(5000, '\xC3'), "", "");
  if (kind == "long utf8") {
    std::string text = "a";
    for (int i = 0; i < 5000; ++i) text += "\xC3\xA9";
    throw Failure(Errc::limit_exceeded, text);
  }
  if (kind == "bad_alloc") throw std::bad_alloc();
  if (kind == "bad_alloc in guard") pg::call([] { throw std::bad_alloc(); });
  if (kind == "runtime_error") throw std::runtime_error("something else: %s");
  if (kind == "int") throw 7;
  if (kind == "dangling stack") PG_exception_stack = nullptr;
}

}  // namespace
}  // namespace wall

TANDEM_FUNCTION(wall_raise) {
  wall::Level::descend(static_cast<int>(call.integer(0).value()));
  return call.ret_void();
}

TANDEM_FUNCTION(wall_throw) {
  const wall::Counted counted;
  wall::throw_kind(call.required_text(0, "kind"));
  return call.ret_void();
}

TANDEM_FUNCTION(wall_throw_code) { throw Failure(static_cast<Errc>(call.integer(0).value()), "by code"); }

TANDEM_FUNCTION(wall_destroyed) {
  const std::int64_t destroyed = wall::g_destroyed;
  wall::g_destroyed = 0;
  return call.ret_integer(destroyed);
}

TANDEM_FUNCTION(wall_memory) { return call.ret_integer(wall::allocated_bytes()); }

TANDEM_FUNCTION(wall_palloc) {
  const wall::Counted counted;
  const auto size = static_cast<Size>(call.integer(0).value());
  const bool huge = call.boolean(1).value();
  pg::call([=] { return huge ? MemoryContextAllocHuge(CurrentMemoryContext, size) : palloc(size); });
  return call.ret_void();
}

// The error cannot even be copied: what is caught is the static "out of memory".
TANDEM_FUNCTION(wall_no_memory_to_copy) {
  const std::string big(64u << 20, 'x');
  std::string caught;
  try {
    pg::call([&big] {
      ereport(ERROR, (errmsg_internal("big"), errdetail_internal("%s", big.c_str()), wall::stop_memory()));
    });
  } catch (const pg::Error& error) {
    wall::give_memory_back();
    caught = std::string(error.sqlstate()) + " " + std::string(error.message());
  }
  wall::give_memory_back();
  return call.ret_text(caught);
}

// (errors caught, context bytes before, after, resident bytes before, after)
TANDEM_FUNCTION(wall_catch_many) {
  const std::int64_t wanted = call.integer(0).value();
  std::int64_t caught = 0;
  const auto once = [&caught] {
    try {
      pg::call([] { wall::raise_with_everything(); });
    } catch (const pg::Error& error) {
      if (error.constraint() == "the_constraint" && error.sqlstate() == "23514") ++caught;
    }
  };
  for (int i = 0; i < 1000; ++i) once();
  caught = 0;
  const std::int64_t allocated = wall::allocated_bytes();
  const std::int64_t resident = wall::resident_bytes();
  for (std::int64_t i = 0; i < wanted; ++i) {
    once();
    if (i % 1000 == 0) pg::check_interrupts();
  }
  return call.ret_row({caught, allocated, wall::allocated_bytes(), resident, wall::resident_bytes()});
}

// A guard restores hold-offs, stacks and memory context on every way out.
TANDEM_FUNCTION(wall_restored) {
  sigjmp_buf* const stack = PG_exception_stack;
  ErrorContextCallback* const context_stack = error_context_stack;
  MemoryContext const memory = CurrentMemoryContext;
  const auto check = [&](auto&& inside) {
    const auto before = InterruptHoldoffCount;
    const auto holdoff = before + 1;
    InterruptHoldoffCount = holdoff;
    try {
      pg::call([&] {
        MemoryContextSwitchTo(TopMemoryContext);
        inside();
      });
    } catch (...) {
    }
    wall::expect(InterruptHoldoffCount == holdoff, "interrupts are held as before");
    InterruptHoldoffCount = before;
    wall::expect(PG_exception_stack == stack, "exception stack");
    wall::expect(error_context_stack == context_stack, "error context stack");
    wall::expect(CurrentMemoryContext == memory, "memory context");
  };
  check([] {});
  check([] { elog(ERROR, "jump"); });
  check([] { throw std::bad_alloc(); });
  return call.ret_boolean(true);
}

TANDEM_FUNCTION(wall_log) {
  pg::log(pg::Level::notice, "a notice with % and %s", "Its detail.", "Its hint.");
  return call.ret_void();
}

namespace {
void throw_seven(void*) { throw 7; }
void raise_error(void*) {
  pg::call([] { elog(ERROR, "swallowed on purpose"); });
}
}  // namespace

TANDEM_FUNCTION(wall_noexcept_entry) {
  pg::entry_noexcept(throw_seven, nullptr);
  pg::entry_noexcept(raise_error, nullptr);
  return call.ret_boolean(pg::unresolved_errors() == 0);
}

// Arguments in, values out.
TANDEM_FUNCTION(wall_arguments) {
  std::string texts;
  for (const std::string& element : call.text_array(3).value_or(std::vector<std::string>{}))
    texts += "<" + element + ">";
  return call.ret_row({call.text(0), call.integer(1), call.boolean(2), texts, call.interval_micros(4), call.instant(5),
                       call.text(6), std::nullopt});
}

TANDEM_FUNCTION(wall_rows) {
  std::vector<std::vector<pg::Out>> rows;
  for (std::int64_t i = 0; i < call.integer(0).value(); ++i)
    rows.push_back({i, "row " + std::to_string(i), "{\"i\": 1}", 1.5});
  return call.ret_rows(rows);
}

TANDEM_FUNCTION(wall_texts) { return call.ret_rows({{"a"}, {std::nullopt}, {"b"}}); }
