#include "core/schedule/cron_fields.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include "base/strings.hpp"

namespace tandem::core {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr std::array<std::string_view, 12> kMonthNames{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdayNames{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  std::string_view name;
  int low, high;
  int highest;  // also understood: 7 for Sunday
  std::span<const std::string_view> names;
  std::string_view allowed;
};

constexpr std::array<Field, 5> kFields{{
    {"minute", 0, 59, 59, {}, "0 to 59"},
    {"hour", 0, 23, 23, {}, "0 to 23"},
    {"day of month", 1, 31, 31, {}, "1 to 31 and $ (the last day of the month)"},
    {"month", 1, 12, 12, kMonthNames, "1 to 12 and jan to dec"},
    {"day of week", 0, 6, 7, kWeekdayNames, "0 to 7 (0 and 7 are Sunday) and sun to sat"},
}};
constexpr std::size_t kDay = 2;

struct Set {
  std::uint64_t bits = 0;
  bool wild = false, last_day = false;
};

Error refuse(const Field& field, std::string_view item, std::string detail, std::string hint = {}) {
  if (hint.empty()) {
    hint = base::strcat("Allowed are ", field.allowed,
                        ", and of them \"*\", ranges (a-b), steps (*/n, a-b/n) and lists (a,b).");
  }
  return {Errc::invalid_text, base::strcat("invalid ", field.name, " \"", item, "\" in schedule"), std::move(detail),
          std::move(hint)};
}

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text[0] == '-') return std::nullopt;
  return number;
}

// What other cron dialects write, and what to write instead.
std::string dialect_hint(const Field& field, std::string_view text) {
  if (text == "?") return "Write * instead of ?.";
  if (&field == &kFields[kDay] && (text == "L" || text == "l")) return "Write $ for the last day of the month.";
  if (text.find('#') != std::string_view::npos || text.ends_with('L') || text.ends_with('W')) {
    return "The n-th or last weekday of a month cannot be written; run on that weekday and let the job look at the "
           "date.";
  }
  return {};
}

Result<int> parse_value(const Field& field, std::string_view text, std::string_view item) {
  if (const auto number = number_of(text)) {
    if (*number >= field.low && *number <= field.highest) return *number;
    return refuse(field, item, base::strcat(*number, " is out of range."));
  }
  const std::string name = base::lower(text);
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (field.names[i] == name) return static_cast<int>(i) + field.low;
  }
  return refuse(field, item, base::strcat("\"", text, "\" is not a value of this field."), dialect_hint(field, text));
}

// "a/5" means "a to the end, every 5" to some and nothing to others, so it is not taken.
Result<int> parse_step(const Field& field, std::string_view text, std::string_view item, bool of_range) {
  const auto step = number_of(text);
  if (!step || *step == 0) return refuse(field, item, "The step has to be a number from 1.");
  if (!of_range) {
    return refuse(field, item, "A step needs a range.",
                  base::strcat("Write ", item.substr(0, item.find('/')), "-", field.high, "/", text, "."));
  }
  if (*step > field.highest - field.low) {
    return refuse(field, item, base::strcat("A step of ", *step, " leaves only the first value of the range."),
                  "Write that value, or use a longer unit.");
  }
  return *step;
}

Error wrapped_range(const Field& field, std::string_view item, int low, int high) {
  return refuse(field, item, "The range ends before it begins.",
                base::strcat("Write ", low, "-", field.high, ",", field.low, "-", high, " if it goes round."));
}

struct Range {
  int low, high;
  bool several;  // a range was written, not one value
};

Result<Range> parse_range(const Field& field, std::string_view text, std::string_view item) {
  if (text == "*") return Range{field.low, field.high, true};
  const std::size_t dash = text.find('-');
  const auto low = parse_value(field, text.substr(0, dash), item);
  if (!low) return low.error();
  if (dash == std::string_view::npos) return Range{*low, *low, false};
  const auto end = parse_value(field, text.substr(dash + 1), item);
  if (!end) return end.error();
  // "fri-sun": Sunday by name ends a week.
  const int high = *end == 0 && field.highest == 7 && base::lower(text.substr(dash + 1)) == "sun" ? 7 : *end;
  if (high < *low) return wrapped_range(field, item, *low, high);
  return Range{*low, high, true};
}

Result<Set> parse_item(const Field& field, std::string_view item) {
  Set set;
  if (item == "$" && &field == &kFields[kDay]) {
    set.last_day = true;
    return set;
  }
  if (item.empty()) return refuse(field, item, "A part of the list is empty.");
  const std::size_t slash = item.find('/');
  const auto range = parse_range(field, item.substr(0, slash), item);
  if (!range) return range.error();
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto parsed = parse_step(field, item.substr(slash + 1), item, range->several);
    if (!parsed) return parsed.error();
    step = *parsed;
  }
  for (int i = range->low; i <= range->high; i += step)
    set.bits |= std::uint64_t{1} << (i > field.high ? field.low : i);
  return set;
}

Result<Set> parse_field(const Field& field, const std::string& text) {
  Set all;
  all.wild = text.starts_with('*');
  for (const std::string& item : base::split(text, ',')) {
    const auto set = parse_item(field, item);
    if (!set) return set.error();
    all.bits |= set->bits;
    all.last_day = all.last_day || set->last_day;
  }
  return all;
}

}  // namespace

Result<CronFields> CronFields::parse(std::span<const std::string> fields) {
  if (fields.size() != kFields.size()) {
    return Error{Errc::invalid_text, base::strcat("a cron schedule has five fields, this one has ", fields.size()),
                 "The fields are minute, hour, day of month, month and day of week.",
                 "Write for example '*/15 * * * *', '0 9 * * mon-fri', '@hourly', '30 seconds' or 'every 5 minutes'."};
  }
  std::array<Set, kFields.size()> sets;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    auto set = parse_field(kFields[i], fields[i]);
    if (!set) return set.error();
    sets[i] = *set;
  }
  const auto& [minute, hour, day, month, weekday] = sets;
  CronFields out;
  out.minutes = minute.bits;
  out.hours = static_cast<std::uint32_t>(hour.bits);
  out.days = static_cast<std::uint32_t>(day.bits);
  out.months = static_cast<std::uint32_t>(month.bits);
  out.weekdays = static_cast<std::uint8_t>(weekday.bits);
  out.last_day = day.last_day;
  out.minute_wild = minute.wild;
  out.hour_wild = hour.wild;
  out.day_wild = day.wild;
  out.weekday_wild = weekday.wild;
  return out;
}

}  // namespace tandem::core
