// Base64 (RFC 4648) as headers, signatures and wrapped bodies use it: the standard alphabet
// with padding. Not for secrets that have to be wiped: the results are plain strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::base {

[[nodiscard]] std::string base64(std::string_view bytes);
// Also without padding, and of the URL-safe alphabet; nullopt: it is neither.
[[nodiscard]] std::optional<std::string> unbase64(std::string_view text);

}  // namespace tandem::base
