// Time as the engine counts it: microseconds since 2000-01-01 00:00 UTC, which is
// also how Postgres stores timestamptz. Decisions take the time as an argument; only
// effects ask a clock.
#pragma once

#include <compare>
#include <compare>
#include <cstdint>

namespace tandem::base {

using Micros = std::int64_t;  // a span
struct Instant {              // a point
  std::int64_t micros = 0;
  auto operator<=>(const Instant&) const = default;
};
constexpr std::int64_t kUnixEpochOffsetSeconds = 946684800;  // 2000-01-01 in Unix time
constexpr Micros kSecond = 1'000'000;

[[nodiscard]] Instant now() noexcept;       // CLOCK_REALTIME
[[nodiscard]] Micros monotonic() noexcept;  // CLOCK_MONOTONIC, for measuring

}  // namespace tandem::base
