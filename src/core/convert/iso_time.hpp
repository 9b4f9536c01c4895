// Reading and writing dates and times as RFC 3339 and its everyday variants write
// them. Knows nothing of columns: which parts are allowed where is convert_time's
// business. Fixed positions, no allocation: it runs for every timestamp of every row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::core {

enum class TimeFault {
  none,
  shape,         // not YYYY-MM-DD[Thh:mm[:ss[.f]][offset]]
  year,          // 0000, or not of four digits
  no_such_day,   // month 13, February 30
  no_such_time,  // 25:00, :61
  midnight_24,   // 24:00
  leap_second,   // :60
  offset,        // +25:00, +1
  too_fine,      // more than microseconds, and not zeros
};
[[nodiscard]] const char* why(TimeFault fault);  // "there is no such day"

struct DateTime {
  std::int64_t days = 0;    // since 2000-01-01
  std::int64_t micros = 0;  // of the day
  std::int32_t offset = 0;  // seconds east of UTC
  int fraction_digits = 0;  // without trailing zeros
  bool has_time = false, has_offset = false;
};

// "2024-02-29", "2024-02-29T10:00:00.5Z", "2024-02-29 10:00+0100"; 't' and 'z' too.
[[nodiscard]] TimeFault parse_date_time(std::string_view text, DateTime& out) noexcept;
// "10:00", "10:00:00.5", "10:00:00+01": micros, fraction, offset of `out`.
[[nodiscard]] TimeFault parse_clock(std::string_view text, DateTime& out) noexcept;

void append_date(std::string& out, std::int64_t days);  // 2024-02-29
// 2024-02-29 10:00:00.500000 and `zone` ("+00" or nothing), of micros since 2000-01-01.
void append_timestamp(std::string& out, std::int64_t micros, std::string_view zone);

}  // namespace tandem::core
