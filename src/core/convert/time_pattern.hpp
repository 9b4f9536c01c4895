// Times as a pattern of strftime writes them, the part of it that APIs use: dates with
// slashes, offsets without a colon, minutes only. Micros are counted since 2000-01-01;
// local ones are those of the clock on the wall, `offset` seconds east of UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::core {

// nullopt: fine. Else what is wrong with the pattern.
[[nodiscard]] std::optional<std::string> check_time_pattern(std::string_view pattern);
[[nodiscard]] std::string print_time(std::string_view pattern, std::int64_t micros, std::int32_t offset);

struct PatternTime {
  std::int64_t local_micros = 0;
  std::optional<std::int32_t> offset = {};  // where the pattern has one
};
// nullopt: the text is not written by this pattern, or there is no such day or time.
[[nodiscard]] std::optional<PatternTime> parse_time(std::string_view pattern, std::string_view text);

}  // namespace tandem::core
