#include "pg/timezone.hpp"

#include <string>

#include "pg/guard.hpp"
#include "pg/postgres.hpp"

namespace tandem::pg {

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  // Not what the session has SET: a mapping's schedule means the same to whoever looks at it.
  const std::string terminated(name.empty() ? std::string_view(GetConfigOptionResetString("TimeZone")) : name);
  const char* text = terminated.c_str();
  const pg_tz* zone = call([text] { return static_cast<const pg_tz*>(pg_tzset(text)); });
  if (zone == nullptr) return std::nullopt;
  return TimeZone(zone);
}

std::int32_t TimeZone::offset_at(base::Instant when) const {
  // Floor, so that a moment before 2000 does not fall into the next second.
  std::int64_t seconds = when.micros / base::kSecond;
  if (when.micros % base::kSecond < 0) --seconds;
  const pg_time_t unix_time = seconds + base::kUnixEpochOffsetSeconds;
  const pg_tz* zone = zone_;
  return call([&unix_time, zone] {
    const struct pg_tm* local = pg_localtime(&unix_time, zone);
    return local == nullptr ? 0 : static_cast<std::int32_t>(local->tm_gmtoff);
  });
}

}  // namespace tandem::pg
