#include "pg/guard.hpp"

#include <csetjmp>

#include "pg/error.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

int g_unresolved_errors = 0;

// What must be as before on every exit: return, jump, or a C++ exception thrown in the callable.
struct Saved {
  sigjmp_buf* exception_stack = PG_exception_stack;
  ErrorContextCallback* context_stack = error_context_stack;
  MemoryContext memory = CurrentMemoryContext;

  Saved() = default;
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;
  ~Saved() {
    PG_exception_stack = exception_stack;
    error_context_stack = context_stack;
    MemoryContextSwitchTo(memory);
  }
};

// False when fn raised ERROR; the error then still lies on Postgres's own stack.
bool attempt(void (*fn)(void*), void* arg) {
  const Saved saved;
  // errfinish zeroes the hold-offs of code that will never run again; here it does run again.
  const auto interrupt_holdoff = InterruptHoldoffCount;
  const auto cancel_holdoff = QueryCancelHoldoffCount;
  sigjmp_buf buffer;
  if (sigsetjmp(buffer, 0) == 0) {
    PG_exception_stack = &buffer;
    fn(arg);
    return true;
  }
  InterruptHoldoffCount = interrupt_holdoff;
  QueryCancelHoldoffCount = cancel_holdoff;
  return false;
}

// A context per error: whoever ends the exception deletes it, and with it every string.
struct Copy {
  MemoryContext context;
  ErrorData* data;
};

void copy_error(void* arg) {
  auto* copy = static_cast<Copy*>(arg);
  copy->context = AllocSetContextCreate(TopMemoryContext, "tandem caught error", ALLOCSET_SMALL_SIZES);
  MemoryContextSwitchTo(copy->context);
  copy->data = CopyErrorData();
}

// When not even the copy fits into memory. Never freed: it has no context.
ErrorData* out_of_memory() {
  static char message[] = "out of memory";
  static ErrorData data;
  data = ErrorData{};
  data.elevel = ERROR;
  data.output_to_server = true;
  data.output_to_client = true;
  data.filename = "guard.cpp";
  data.funcname = "out_of_memory";
  data.sqlerrcode = ERRCODE_OUT_OF_MEMORY;
  data.message = message;
  data.message_id = message;
  return &data;
}

}  // namespace

void run_guarded(void (*fn)(void*), void* arg) {
  if (attempt(fn, arg)) return;
  Copy copy{nullptr, nullptr};
  if (!attempt(copy_error, &copy)) {
    if (copy.context != nullptr) MemoryContextDelete(copy.context);
    copy.data = out_of_memory();
  }
  FlushErrorState();
  ++g_unresolved_errors;
  throw Error(copy.data);
}

int unresolved_errors() noexcept { return g_unresolved_errors; }

void resolve_errors(int back_to) noexcept { g_unresolved_errors = std::min(g_unresolved_errors, back_to); }

}  // namespace tandem::pg
