// One block of shared memory under one LWLock, asked for in _PG_init while the server
// preloads us and made afresh after each crash. What stands in it is the business of
// src/worker (slots.cpp); here is only how to get it and how to lock it. No pointers
// may be kept in the block.
#pragma once

#include <cstddef>

#include "base/clock.hpp"

namespace tandem::pg {

struct SharedBlock {
  const char* name;
  std::size_t size;
  void (*initialize)(void* block);  // plain code: runs in the postmaster, must not throw
};

// In _PG_init while preloading. `block` must live as long as the process.
void request_shared_memory(const SharedBlock* block);
// Null when the library was not preloaded.
[[nodiscard]] void* shared_block() noexcept;
// A random number, for the initializer.
[[nodiscard]] unsigned long long strong_random();

// Holds the block's lock. Interrupts are held too: between lock and unlock only plain memory is touched.
class SharedLock {
 public:
  enum class Mode { shared, exclusive };
  explicit SharedLock(Mode mode);
  ~SharedLock();
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;
};

// "Something ended": wakes every session that waits for news. From between construction and wait() none is missed.
void broadcast_news();
class NewsWait {
 public:
  NewsWait();
  ~NewsWait();
  NewsWait(const NewsWait&) = delete;
  NewsWait& operator=(const NewsWait&) = delete;
  void wait(base::Micros timeout);  // serves interrupts
};

}  // namespace tandem::pg
