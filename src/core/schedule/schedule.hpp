// When a mapping is due: cron (five fields, names, ranges, steps, lists, '$' = last day
// of the month, @hourly …, CRON_TZ=), 'N seconds', 'every N minutes|hours|days'. Civil time comes from a
// TimeZone that the caller gives (Postgres's own in the server), so the rules here are
// pure. Daylight saving: see doc/schedules.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "core/schedule/cron_fields.hpp"

namespace tandem::core {

// Seconds east of UTC at a moment, for the zone it stands for. Taken to change at most
// once within 26 hours and by at most as much.
using OffsetAt = std::function<std::int32_t(base::Instant)>;

class Schedule {
 public:
  static base::Result<Schedule> parse(std::string_view text);  // Errors name the field, the value and what is allowed.

  // Of CRON_TZ=; empty: the server's. Only its spelling has been checked, the caller knows which zones there are.
  [[nodiscard]] const std::string& zone() const noexcept { return zone_; }
  // The first moment strictly after `after`. nullopt: never ('0 0 30 2 *').
  [[nodiscard]] std::optional<base::Instant> next(base::Instant after, const OffsetAt& offset) const;
  [[nodiscard]] std::string describe() const;  // "every 15 minutes", "at 09:00 on Monday to Friday (Europe/Paris)"

 private:
  std::string zone_;
  std::int64_t every_seconds_ =
      0;  // interval schedules: counted from the epoch, so that restarts do not shift them; 0: cron
  CronFields cron_;
};

}  // namespace tandem::core
