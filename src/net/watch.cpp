#include "net/watch.hpp"

#include <algorithm>

namespace tandem::net {
namespace {

constexpr base::Micros kMillisecond = base::kSecond / 1000;

base::Micros due_after(base::Micros since, base::Micros limit) noexcept {
  return limit > 0 ? since + limit : Watch::kNever;
}

}  // namespace

Watch::Watch(const Timeouts& limits, base::Micros now) noexcept
    : connect_(limits.connect_ms * kMillisecond),
      first_byte_(limits.first_byte_ms * kMillisecond),
      low_speed_(limits.low_speed_s * base::kSecond),
      total_(limits.total_ms * kMillisecond),
      started_(now),
      since_(now) {}

void Watch::connecting(base::Micros now) noexcept {
  // Reported once per address tried; the limit is for all of them together.
  if (phase_ != Phase::queued && phase_ != Phase::asking) return;
  phase_ = Phase::connecting;
  since_ = now;
}

void Watch::connected(base::Micros now) noexcept {
  phase_ = Phase::asking;
  since_ = now;
}

void Watch::answering(base::Micros now) noexcept {
  if (phase_ == Phase::answering) return;
  phase_ = Phase::answering;
  since_ = now;
}

void Watch::progress(std::int64_t bytes, base::Micros now) noexcept {
  if (bytes == bytes_) return;
  bytes_ = bytes;
  if (phase_ == Phase::asking || phase_ == Phase::answering) since_ = now;
}

void Watch::shift(base::Micros duration) noexcept {
  started_ += duration;
  since_ += duration;
}

base::Micros Watch::due() const noexcept { return std::min(phase_due(), due_after(started_, total_)); }

base::Micros Watch::phase_due() const noexcept {
  switch (phase_) {
    case Phase::queued:
      return kNever;
    case Phase::connecting:
      return due_after(since_, connect_);
    case Phase::asking:
      return due_after(since_, first_byte_);
    case Phase::answering:
      return due_after(since_, low_speed_);
  }
  return kNever;
}

std::optional<Limit> Watch::expired(base::Micros now) const noexcept {
  if (now < due()) return std::nullopt;
  if (due_after(started_, total_) <= phase_due()) return Limit::total;
  switch (phase_) {
    case Phase::queued:
      return Limit::total;
    case Phase::connecting:
      return Limit::connect;
    case Phase::asking:
      return Limit::first_byte;
    case Phase::answering:
      return Limit::low_speed;
  }
  return Limit::total;
}

}  // namespace tandem::net
