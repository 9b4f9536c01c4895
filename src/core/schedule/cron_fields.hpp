// The five fields of a cron line as sets, and which wall-clock minute matches next.
// Knows no time zones: schedule_next.cpp puts walls and instants together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/error.hpp"

namespace tandem::core {

struct CronFields {
  std::uint64_t minutes = 0;  // bit 0 to 59
  std::uint32_t hours = 0;    // bit 0 to 23
  std::uint32_t days = 0;     // bit 1 to 31
  std::uint32_t months = 0;   // bit 1 to 12
  std::uint8_t weekdays = 0;  // bit 0 (Sunday) to 6
  bool last_day = false;      // '$'
  // Whether the field begins with '*', as "*/2" does. It decides two things, as in Vixie's cron: a day has to be
  // in both day fields when one of them is wild, else in either; and how a clock change is met (schedule_next.cpp).
  bool minute_wild = false, hour_wild = false, day_wild = false, weekday_wild = false;

  // Minute, hour, day of month, month, day of week. Errors name the field, the value and what is allowed.
  static base::Result<CronFields> parse(std::span<const std::string> fields);

  // The first matching minute at or after `wall`, both in seconds since 2000-01-01 00:00 by the wall clock;
  // nullopt when no day ever matches.
  [[nodiscard]] std::optional<std::int64_t> next_wall(std::int64_t wall) const;
  [[nodiscard]] bool matches_day(std::int64_t year, unsigned month, unsigned day, unsigned weekday) const noexcept;
};

}  // namespace tandem::core
