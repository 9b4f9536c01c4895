// The one wait: latch, postmaster death and any number of descriptors (curl's epoll, a
// realtime timer) in one WaitEventSet. It refuses to wait while a transaction is open,
// except in a foreground call. Interrupts are served when it returns.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.hpp"
#include "pg/types.hpp"

namespace tandem::pg {

// CHECK_FOR_INTERRUPTS, guarded. A background worker also reloads the configuration when asked to,
// between transactions.
void check_interrupts();

class WaitSet {
 public:
  enum class Use { background, foreground };  // foreground: a transaction may be open (a person waits)
  WaitSet(std::span<const int> descriptors, Use use);
  ~WaitSet();
  WaitSet(const WaitSet&) = delete;
  WaitSet& operator=(const WaitSet&) = delete;

  struct Woken {
    bool latch = false;
    bool timeout = false;
    std::uint64_t descriptors = 0;  // bit i: descriptors[i] is readable (at most 64 of them)
  };
  // Waits until something happens; `timeout` in microseconds, negative: for ever. Resets the latch.
  Woken wait(base::Micros timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  Use use_;
};

// A wall-clock alarm as a descriptor: readable at `when`, and when the clock is stepped.
class Alarm {
 public:
  Alarm();
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  [[nodiscard]] int descriptor() const noexcept { return fd_; }
  void set(base::Instant when);
  void clear();
  void drain();  // after it was readable

 private:
  int fd_;
};

}  // namespace tandem::pg
