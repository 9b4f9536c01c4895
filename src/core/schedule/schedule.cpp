#include "core/schedule/schedule.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/strings.hpp"

namespace tandem::core {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr std::size_t kMaxLength = 1000;
constexpr std::string_view kZonePrefix = "CRON_TZ=";
constexpr std::int64_t kLongestInterval = 366 * 86'400;  // longer ones are dates, which cron writes

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNicknames{{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};
constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits{{
    {"second", 1},
    {"minute", 60},
    {"hour", 3600},
    {"day", 86'400},
}};

Error refuse(std::string text, std::string hint, std::string detail = {}) {
  return {Errc::invalid_text, std::move(text), std::move(detail), std::move(hint)};
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '\t', ' ');
  for (std::string& word : base::split(spaced, ' ')) {
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_interval(const std::vector<std::string>& words) {
  return base::lower(words[0]) == "every" || (words.size() == 2 && all_digits(words[0]));
}

// [every] [N] unit, in seconds.
Result<std::int64_t> parse_interval(std::vector<std::string> words) {
  const std::string shown = base::join(words, " ");
  const std::string hint = "Write for example '30 seconds', 'every 5 minutes', 'every 2 hours' or 'every day'.";
  if (base::lower(words[0]) == "every") words.erase(words.begin());
  std::int64_t count = 1;
  if (words.size() == 2 && all_digits(words[0])) {
    const auto [end, error] = std::from_chars(words[0].data(), words[0].data() + words[0].size(), count);
    if (error != std::errc() || count > kLongestInterval) count = kLongestInterval + 1;
    words.erase(words.begin());
  }
  if (words.size() != 1)
    return refuse(base::strcat("invalid interval \"", shown, "\" in schedule"), hint,
                  "An interval is a number and a unit.");
  std::string unit = base::lower(words[0]);
  if (unit.ends_with('s')) unit.pop_back();
  const auto known = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& entry) { return entry.first == unit; });
  if (known == kUnits.end()) {
    const bool calendar = unit == "week" || unit == "month" || unit == "year";
    return refuse(base::strcat("invalid unit \"", words[0], "\" in schedule"),
                  calendar ? base::strcat("Write '@",
                                          unit == "month"  ? "month"
                                          : unit == "week" ? "week"
                                                           : "year",
                                          "ly', or a cron line with day and time.")
                           : hint,
                  "Units are seconds, minutes, hours and days.");
  }
  if (count == 0) return refuse("the interval of a schedule must be longer than 0", hint);
  if (count > kLongestInterval / known->second) {
    return refuse(base::strcat("interval \"", shown, "\" in schedule is too long"),
                  "Use a cron line, for example '0 0 1 1 *'.", "An interval is at most 366 days.");
  }
  return count * known->second;
}

bool valid_zone(std::string_view zone) {
  return !zone.empty() && std::all_of(zone.begin(), zone.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '+' || c == '-';
  });
}

Result<CronFields> parse_nickname(const std::string& word) {
  for (const auto& [name, line] : kNicknames) {
    if (name == base::lower(word)) return CronFields::parse(words_of(line));
  }
  return refuse(base::strcat("unknown schedule \"", word, "\""),
                "Known are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually.");
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view text) {
  Schedule out;
  if (text.size() > kMaxLength)
    return refuse(base::strcat("a schedule has at most ", kMaxLength, " characters"), "Use ranges and steps.");
  std::vector<std::string> words = words_of(base::trim(text));
  if (!words.empty() && words[0].starts_with("TZ=")) {
    return refuse(base::strcat("unknown setting \"", words[0], "\" in schedule"),
                  base::strcat("Write CRON_", words[0], "."));
  }
  if (!words.empty() && words[0].starts_with(kZonePrefix)) {
    out.zone_ = words[0].substr(kZonePrefix.size());
    if (!valid_zone(out.zone_)) {
      return refuse(base::strcat("invalid time zone \"", out.zone_, "\" in schedule"),
                    "Write for example CRON_TZ=Europe/Paris.");
    }
    words.erase(words.begin());
  }
  if (words.empty()) {
    return refuse(
        "the schedule is empty",
        "Write for example '*/15 * * * *', '@hourly' or 'every 5 minutes', or use null to run it by hand only.");
  }
  if (is_interval(words)) {
    if (!out.zone_.empty()) {
      return refuse("an interval has no time zone", "Leave CRON_TZ= out, or write a cron line.",
                    "Intervals count elapsed time, which is the same in all zones.");
    }
    auto seconds = parse_interval(std::move(words));
    if (!seconds) return seconds.error();
    out.every_seconds_ = *seconds;
    return out;
  }
  auto fields = words.size() == 1 && words[0].starts_with('@') ? parse_nickname(words[0]) : CronFields::parse(words);
  if (!fields) return fields.error();
  out.cron_ = *fields;
  return out;
}

}  // namespace tandem::core
