#include "base/clock.hpp"

#include <ctime>

namespace tandem::base {
namespace {

Micros read_clock(clockid_t clock) noexcept {
  timespec time{};
  clock_gettime(clock, &time);  // cannot fail for the two clocks used here
  return time.tv_sec * kSecond + time.tv_nsec / 1000;
}

}  // namespace

Instant now() noexcept { return {read_clock(CLOCK_REALTIME) - kUnixEpochOffsetSeconds * kSecond}; }

Micros monotonic() noexcept { return read_clock(CLOCK_MONOTONIC); }

}  // namespace tandem::base
