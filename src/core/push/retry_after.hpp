// Retry-After (RFC 9110 §10.2.3): how long the other side wants to be left alone. A date is
// taken relative to the answer's own Date, so that a clock that is wrong does no harm.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace tandem::core {

inline constexpr base::Micros kLongestRetryAfter = 24 * 3600 * base::kSecond;

// nullopt: not there, or not to be understood: our own back-off decides. Clamped to kLongestRetryAfter.
[[nodiscard]] std::optional<base::Micros> retry_after(std::string_view value, std::string_view date, base::Instant now);
// "Sun, 06 Nov 1994 08:49:37 GMT"
[[nodiscard]] std::optional<base::Instant> http_date(std::string_view text);

}  // namespace tandem::core
