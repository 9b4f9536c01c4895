#include "pg/entry.hpp"

#include <exception>
#include <new>
#include <string_view>

#include "base/error.hpp"
#include "pg/error.hpp"
#include "pg/function_call.hpp"
#include "pg/guard.hpp"
#include "pg/log.hpp"

#include "pg/postgres.hpp"

// The library's one magic block. Hidden symbols are the default of this build; this one must be seen.
extern "C" {
#pragma GCC visibility push(default)
PG_MODULE_MAGIC;
#pragma GCC visibility pop
}

namespace tandem::pg {

static_assert(sizeof(FunctionInfo) == sizeof(Pg_finfo_record));

namespace {

// What is left of an exception when every C++ object is dead: no destructors.
struct Raised {
  ErrorData* postgres;  // raised again as it is; the rest then does not count
  int sqlstate;
  char message[2048];
  char detail[4096];
  char hint[2048];
};

template <std::size_t N>
void put(char (&to)[N], std::string_view text) noexcept {
  std::size_t size = std::min(text.size(), N - 1);
  // Never half a UTF-8 character: step back to where the last one begins.
  if (size < text.size()) {
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  }
  std::memcpy(to, text.data(), size);
  to[size] = '\0';
}

void put(Raised& raised, int sqlstate, std::string_view message) noexcept {
  raised.postgres = nullptr;
  raised.sqlstate = sqlstate;
  put(raised.message, message);
  raised.detail[0] = raised.hint[0] = '\0';
}

int sqlstate_of(base::Errc code) noexcept {
  using base::Errc;
  switch (code) {
    case Errc::invalid_parameter:
      return ERRCODE_INVALID_PARAMETER_VALUE;
    case Errc::invalid_text:
      return ERRCODE_INVALID_TEXT_REPRESENTATION;
    case Errc::undefined_object:
      return ERRCODE_UNDEFINED_OBJECT;
    case Errc::undefined_column:
      return ERRCODE_UNDEFINED_COLUMN;
    case Errc::duplicate_object:
      return ERRCODE_DUPLICATE_OBJECT;
    case Errc::wrong_object_type:
      return ERRCODE_WRONG_OBJECT_TYPE;
    case Errc::dependent_objects:
      return ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST;
    case Errc::insufficient_privilege:
      return ERRCODE_INSUFFICIENT_PRIVILEGE;
    case Errc::not_supported:
      return ERRCODE_FEATURE_NOT_SUPPORTED;
    case Errc::prerequisite:
      return ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
    case Errc::object_in_use:
      return ERRCODE_OBJECT_IN_USE;
    case Errc::connection_failure:
      return ERRCODE_CONNECTION_FAILURE;
    case Errc::protocol_violation:
      return ERRCODE_PROTOCOL_VIOLATION;
    case Errc::remote_error:
      return ERRCODE_SYSTEM_ERROR;
    case Errc::remote_auth:
      return ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
    case Errc::timed_out:
      return ERRCODE_QUERY_CANCELED;
    case Errc::limit_exceeded:
      return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
    case Errc::internal:
      return ERRCODE_INTERNAL_ERROR;
  }
  return ERRCODE_INTERNAL_ERROR;
}

// Every handler of the extension's edge. Nothing of Postgres is called in here: a longjmp out
// of a handler would leak the exception object.
bool run(void (*body)(void*), void* arg, Raised& raised) noexcept {
  try {
    body(arg);
    return true;
  } catch (const Error& error) {
    raised.postgres = error.release();
  } catch (const base::Failure& failure) {
    const base::Error& error = failure.error();
    put(raised, sqlstate_of(error.code), error.text);
    put(raised.detail, error.detail);
    put(raised.hint, error.hint);
  } catch (const std::bad_alloc&) {
    put(raised, ERRCODE_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    put(raised, ERRCODE_INTERNAL_ERROR, error.what());
  } catch (...) {
    put(raised, ERRCODE_INTERNAL_ERROR, "unknown C++ exception");
  }
  return false;
}

// The copy lives on until Postgres has dealt with the error: then it resets ErrorContext.
void hand_over(ErrorData* data) noexcept {
  if (data->assoc_context != nullptr) MemoryContextSetParent(data->assoc_context, ErrorContext);
}

[[noreturn]] void raise(Raised& raised) {
  // The code that held interrupts off is gone, as errfinish sees it; ReThrowError does not do this.
  InterruptHoldoffCount = 0;
  QueryCancelHoldoffCount = 0;
  if (raised.postgres != nullptr) {
    hand_over(raised.postgres);
    ReThrowError(raised.postgres);
  }
  ereport(ERROR, (errcode(raised.sqlstate), errmsg_internal("%s", raised.message),
                  raised.detail[0] != '\0' ? errdetail_internal("%s", raised.detail) : 0,
                  raised.hint[0] != '\0' ? errhint("%s", raised.hint) : 0));
  pg_unreachable();
}

struct FunctionArguments {
  FunctionBody body;
  FunctionCallInfoBaseData* fcinfo;
  Datum result;
};

void run_function(void* arg) {
  auto* arguments = static_cast<FunctionArguments*>(arg);
  FunctionCall function_call(arguments->fcinfo);
  arguments->result = arguments->body(function_call);
}

}  // namespace

void entry(void (*body)(void*), void* arg) {
  Raised raised;
  sigjmp_buf* const exception_stack = PG_exception_stack;
  const int unresolved = unresolved_errors();
  const bool good = run(body, arg, raised);
  // From here on the error is Postgres's business again; our callers start from where they were.
  resolve_errors(unresolved);
  if (PG_exception_stack != exception_stack) {
    // An exception left a PG_TRY block: its jump buffer lies in a dead frame.
    PG_exception_stack = exception_stack;
    elog(ERROR, "exception stack was not restored");
  }
  if (!good) raise(raised);
}

void entry_noexcept(void (*body)(void*), void* arg) noexcept {
  Raised raised;
  const int unresolved = unresolved_errors();
  // A cancel that arrived in here would be swallowed: it stays pending for whoever may raise it.
  const auto interrupt_holdoff = InterruptHoldoffCount;
  InterruptHoldoffCount = interrupt_holdoff + 1;  // HOLD_INTERRUPTS: C++20 dislikes ++ on a volatile
  if (!run(body, arg, raised)) {
    try {
      const char* message = raised.postgres != nullptr ? raised.postgres->message : raised.message;
      log(Level::log, message == nullptr ? "unknown error" : message,
          raised.postgres != nullptr ? std::string_view{} : raised.detail);
    } catch (...) {
      // Not even that: there is nobody left to tell.
    }
    if (raised.postgres != nullptr && raised.postgres->assoc_context != nullptr) {
      MemoryContextDelete(raised.postgres->assoc_context);
    }
  }
  InterruptHoldoffCount = interrupt_holdoff;
  resolve_errors(unresolved);
}

Datum function_entry(FunctionBody body, FunctionCallInfoBaseData* fcinfo) {
  FunctionArguments arguments{body, fcinfo, 0};
  entry(run_function, &arguments);
  return arguments.result;
}

}  // namespace tandem::pg
