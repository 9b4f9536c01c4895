// How long to wait before something is tried again: doubling from one second to one
// minute, with jitter, so that many who failed together do not come back together.
#pragma once

#include "base/clock.hpp"

namespace tandem::worker {

struct Backoff {
  int failures = 0;
  base::Instant not_before;
  void failed(base::Instant now);
  void succeeded() { *this = {}; }
  [[nodiscard]] bool over(base::Instant now) const { return not_before <= now; }
};

// A span of about `span`: between three quarters and five quarters of it.
[[nodiscard]] base::Micros jittered(base::Micros span);

}  // namespace tandem::worker
