#include "core/push/retry_after.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "base/whole_number.hpp"
#include "core/convert/civil.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<unsigned> number(std::string_view digits, unsigned least, unsigned most) {
  if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const std::optional<std::int64_t> value = base::whole_number(digits);
  if (!value || *value < least || *value > most) return std::nullopt;
  return static_cast<unsigned>(*value);
}

}  // namespace

std::optional<base::Micros> retry_after(std::string_view value, std::string_view date, base::Instant now) {
  value = base::trim(value);
  if (value.empty()) return std::nullopt;
  if (std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
    const std::optional<std::int64_t> seconds = base::whole_number(value);
    const std::int64_t most = kLongestRetryAfter / base::kSecond;
    return std::min(seconds.value_or(most), most) * base::kSecond;
  }
  const std::optional<base::Instant> until = http_date(value);
  if (!until) return std::nullopt;
  const base::Instant from = http_date(base::trim(date)).value_or(now);
  return std::clamp<base::Micros>(until->micros - from.micros, 0, kLongestRetryAfter);
}

std::optional<base::Instant> http_date(std::string_view text) {
  constexpr std::size_t kLength = 29;
  if (text.size() != kLength || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return std::nullopt;
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto year = number(text.substr(12, 4), 1900, 9999);
  if (month == kMonths.end() || !year) return std::nullopt;
  const auto month_number = static_cast<unsigned>(month - kMonths.begin()) + 1;
  const auto day = number(text.substr(5, 2), 1, days_in_month(*year, month_number));
  const auto hour = number(text.substr(17, 2), 0, 23), minute = number(text.substr(20, 2), 0, 59),
             second = number(text.substr(23, 2), 0, 60);
  if (!day || !hour || !minute || !second) return std::nullopt;
  const std::int64_t seconds =
      days_from_civil(*year, month_number, *day) * 86'400 + *hour * 3600 + *minute * 60 + *second;
  return base::Instant{seconds * base::kSecond};
}

}  // namespace tandem::core
