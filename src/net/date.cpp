#include "net/date.hpp"

#include <curl/curl.h>

#include <ctime>

namespace tandem::net {

std::optional<base::Instant> parse_http_date(const std::string& text) {
  const std::time_t unix_seconds = curl_getdate(text.c_str(), nullptr);
  if (unix_seconds < 0) return std::nullopt;
  return base::Instant{(static_cast<std::int64_t>(unix_seconds) - base::kUnixEpochOffsetSeconds) * base::kSecond};
}

}  // namespace tandem::net
