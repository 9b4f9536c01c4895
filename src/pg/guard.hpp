// Postgres -> C++: the one place where ERROR (a longjmp) becomes an exception.
// Private to src/pg. A guarded callable may use Postgres's C functions and trivially
// destructible locals, nothing else; it must not throw except as its last act
// (std::bad_alloc while copying a result is passed on correctly).
#pragma once

#include <memory>
#include <type_traits>

namespace tandem::pg {

// Runs fn(arg) under a fresh exception stack; throws pg::Error when it raised ERROR. The memory
// context, the exception stack and the error context stack are as before on every exit.
[[gnu::noinline]] void run_guarded(void (*fn)(void*), void* arg);

template <class F>
auto call(F&& f) {
  using R = std::invoke_result_t<F&>;
  static_assert(std::is_void_v<R> || std::is_trivially_copyable_v<R>, "a guarded call returns plain data");
  if constexpr (std::is_void_v<R>) {
    run_guarded([](void* p) { (*static_cast<std::remove_reference_t<F>*>(p))(); }, std::addressof(f));
  } else {
    struct Pack {
      std::remove_reference_t<F>* f;
      R result;
    } pack{std::addressof(f), R{}};
    run_guarded(
        [](void* p) {
          auto* q = static_cast<Pack*>(p);
          q->result = (*q->f)();
        },
        &pack);
    return pack.result;
  }
}

// How many caught errors of this process wait for their (sub)transaction to be aborted. While there are
// more than when a Sql connected, SPI's own stack may be deeper than it knows: it must not pop it.
// Who aborts (Savepoint, Transaction) or hands the error on to Postgres (entry) sets the count back.
[[nodiscard]] int unresolved_errors() noexcept;
void resolve_errors(int back_to) noexcept;

}  // namespace tandem::pg
