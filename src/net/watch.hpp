// The clocks of one transfer. curl's own time-outs cannot be stopped while the process is
// busy applying a page, so all limits are kept here, from the events curl reports, and
// shifted by the time away; curl keeps only the one for connecting beside it.
// Pure: the time is an argument.
//
//   queued ──name look-up or socket──▶ connecting ──connected──▶ asking ──first byte──▶ answering
//                                          ▲───── curl asks again on a new connection ──┘ (from asking)
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "net/http.hpp"

namespace tandem::net {

enum class Limit { connect, first_byte, low_speed, total };

class Watch {
 public:
  enum class Phase { queued, connecting, asking, answering };

  Watch(const Timeouts& limits, base::Micros now) noexcept;

  void connecting(base::Micros now) noexcept;
  void connected(base::Micros now) noexcept;
  void answering(base::Micros now) noexcept;
  void progress(std::int64_t bytes, base::Micros now) noexcept;  // so far, both ways
  void shift(base::Micros duration) noexcept;

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] base::Micros due() const noexcept;  // kNever: no limit applies
  [[nodiscard]] std::optional<Limit> expired(base::Micros now) const noexcept;

  static constexpr base::Micros kNever = INT64_MAX;

 private:
  [[nodiscard]] base::Micros phase_due() const noexcept;

  base::Micros connect_, first_byte_, low_speed_, total_;  // 0: none
  base::Micros started_;
  base::Micros since_;  // begin of the phase, or the last byte that moved in it
  std::int64_t bytes_ = 0;
  Phase phase_ = Phase::queued;
};

}  // namespace tandem::net
