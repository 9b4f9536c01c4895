// The Date of an answer (RFC 9110 §5.6.7): the source's own clock.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"

namespace tandem::net {

// Also takes the two obsolete forms that the RFC wants read. nullopt: not a date.
[[nodiscard]] std::optional<base::Instant> parse_http_date(const std::string& text);

}  // namespace tandem::net
