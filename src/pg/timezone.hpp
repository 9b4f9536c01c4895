// Postgres's own time zones, for schedules: the offset from UTC at a moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

struct pg_tz;

namespace tandem::pg {

class TimeZone {
 public:
  // "" is the server's zone, whatever the session has SET. nullopt: no such zone.
  [[nodiscard]] static std::optional<TimeZone> find(std::string_view name);
  [[nodiscard]] std::int32_t offset_at(base::Instant when) const;  // seconds east of UTC

 private:
  explicit TimeZone(const pg_tz* zone) : zone_(zone) {}
  const pg_tz* zone_;  // cached by Postgres for the life of the process
};

}  // namespace tandem::pg
