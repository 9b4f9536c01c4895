#include "worker/background_retry.hpp"

#include <algorithm>
#include <cstdlib>

namespace tandem::worker {
namespace {
constexpr base::Micros kFirst = base::kSecond;
constexpr int kDoublings = 6;  // about a minute
}  // namespace

void Backoff::failed(base::Instant now) {
  ++failures;
  not_before = {now.micros + jittered(kFirst << std::min(failures - 1, kDoublings))};
}

base::Micros jittered(base::Micros span) {
  return span * 3 / 4 + static_cast<base::Micros>(arc4random_uniform(static_cast<std::uint32_t>(span / 2 + 1)));
}

}  // namespace tandem::worker
