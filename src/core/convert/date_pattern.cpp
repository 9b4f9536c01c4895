#include "core/convert/date_pattern.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/convert/civil.hpp"
#include "core/convert/decimal.hpp"
#include "core/convert/iso_time.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
constexpr std::int64_t kMicrosPerSecond = 1'000'000, kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr std::int64_t kUnixDays = -10957;  // 1970-01-01, counted from 2000-01-01
constexpr const char* kWords =
    "Words: YYYY YY MM Month Mon DD Day Dy HH24 HH12 AM MI SS MS US OF, or epoch, epoch_ms, epoch_us; other letters "
    "stand in double quotes.";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool same_letters(std::string_view text, std::string_view lower) noexcept {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (is_letter(a) ? static_cast<char>(a | 0x20) : a) == b;
         });
}

// The position of the name that `rest` begins with; `letters` 0: in full. Takes it away.
template <std::size_t N>
int take_name(std::string_view& rest, const std::array<std::string_view, N>& names, std::size_t letters) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    const std::string_view name = letters == 0 ? names[i] : names[i].substr(0, letters);
    if (!same_letters(rest.substr(0, name.size()), name)) continue;
    rest.remove_prefix(name.size());
    return static_cast<int>(i);
  }
  return -1;
}

// A number of at most `most` digits, at least `least`; -1: there is none. Takes it away.
int take_number(std::string_view& rest, std::size_t least, std::size_t most) noexcept {
  int number = 0;
  std::size_t digits = 0;
  while (digits < most && digits < rest.size() && is_digit(rest[digits])) number = number * 10 + (rest[digits++] - '0');
  if (digits < least) return -1;
  rest.remove_prefix(digits);
  return number;
}

std::string two_digits(std::int64_t number) {
  std::string out = std::to_string(number);
  return out.size() < 2 ? "0" + out : out;
}

}  // namespace

// Twelve hours and a half of the day are put together at the end.
struct DatePattern::Parsed {
  int year = 0, month = 1, day = 1;
  int hour = 0, minute = 0, second = 0, micros = 0;
  int half = -1;
  bool twelve = false;
  std::string_view zone = {};
};

base::Result<DatePattern> DatePattern::parse(std::string_view pattern) {
  DatePattern out;
  const auto refused = [whole = pattern](std::string why) {
    return base::Error{base::Errc::invalid_parameter, base::strcat("date pattern \"", whole, "\": ", why), {}, kWords};
  };
  for (const auto& [name, power] : {std::pair{"epoch", 6}, {"epoch_ms", 3}, {"epoch_us", 0}}) {
    if (pattern != name) continue;
    out.parts_.push_back({.field = Field::epoch, .power = power});
    out.date_ = out.clock_ = out.zone_ = true;
    return out;
  }
  while (!pattern.empty()) {
    if (pattern[0] == '"') {
      const std::size_t end = pattern.find('"', 1);
      if (end == std::string_view::npos) return refused("a quote is not closed");
      for (const char c : pattern.substr(1, end - 1)) out.parts_.push_back({.sign = c});
      pattern.remove_prefix(end + 1);
    } else if (const Word* word = word_at(pattern)) {
      if (!out.parts_.empty() && is_number(word->field)) out.parts_.back().exact = true;
      out.parts_.push_back({.field = word->field});
      pattern.remove_prefix(std::string_view(word->name).size());
    } else if (is_letter(pattern[0]) && pattern[0] != 'T') {
      return refused(base::strcat("\"", pattern.substr(0, 1), "\" is no word of it"));
    } else {
      out.parts_.push_back({.sign = pattern[0]});
      pattern.remove_prefix(1);
    }
  }
  if (const char* complaint = out.complain()) return refused(complaint);
  for (const Part& part : out.parts_) {
    out.date_ |= part.field == Field::day;
    out.clock_ |= part.field == Field::hour24 || part.field == Field::hour12;
    out.zone_ |= part.field == Field::zone;
  }
  return out;
}

bool DatePattern::is_number(Field field) noexcept {
  return field != Field::literal && field != Field::month_name && field != Field::short_month_name &&
         field != Field::weekday_name && field != Field::short_weekday_name && field != Field::half &&
         field != Field::zone;
}

const DatePattern::Word* DatePattern::word_at(std::string_view pattern) noexcept {
  static constexpr std::array<Word, 22> kKnown{{{"YYYY", Field::year},
                                                {"YY", Field::short_year},
                                                {"Month", Field::month_name},
                                                {"MONTH", Field::month_name},
                                                {"Mon", Field::short_month_name},
                                                {"MON", Field::short_month_name},
                                                {"MM", Field::month},
                                                {"MI", Field::minute},
                                                {"MS", Field::millis},
                                                {"Day", Field::weekday_name},
                                                {"DAY", Field::weekday_name},
                                                {"DD", Field::day},
                                                {"Dy", Field::short_weekday_name},
                                                {"DY", Field::short_weekday_name},
                                                {"HH24", Field::hour24},
                                                {"HH12", Field::hour12},
                                                {"HH", Field::hour12},
                                                {"AM", Field::half},
                                                {"PM", Field::half},
                                                {"SS", Field::second},
                                                {"US", Field::micros},
                                                {"OF", Field::zone}}};
  const auto found = std::ranges::find_if(kKnown, [&](const Word& word) { return pattern.starts_with(word.name); });
  return found == kKnown.end() ? nullptr : &*found;
}

// What is missing, twice or of no use; nullptr: nothing.
const char* DatePattern::complain() const noexcept {
  const auto count = [&](std::initializer_list<Field> fields) {
    return std::ranges::count_if(
        parts_, [&](const Part& part) { return std::ranges::find(fields, part.field) != fields.end(); });
  };
  const auto years = count({Field::year, Field::short_year});
  const auto months = count({Field::month, Field::month_name, Field::short_month_name});
  const auto days = count({Field::day}), hours = count({Field::hour24, Field::hour12});
  const auto minutes = count({Field::minute}), seconds = count({Field::second});
  const auto fractions = count({Field::millis, Field::micros}), zones = count({Field::zone});
  for (const auto times : {years, months, days, hours, minutes, seconds, fractions, zones, count({Field::half})})
    if (times > 1) return "a part stands in it twice";
  if (years + months + days != 0 && years + months + days != 3) return "a date needs year, month and day";
  if (years + hours == 0) return "it has neither a date nor a time";
  if ((minutes > 0 && hours == 0) || (seconds > 0 && minutes == 0) || (fractions > 0 && seconds == 0))
    return "a part of the time of day is missing";
  if (zones > 0 && hours == 0) return "an offset without a time of day";
  if ((count({Field::hour12}) == 1) != (count({Field::half}) == 1)) return "HH12 and AM belong together";
  return nullptr;
}

const char* DatePattern::read(const base::Value& value, std::string& out) const {
  if (value.kind != base::Kind::string && value.kind != base::Kind::number) return "it is not text";
  if (!parts_.empty() && parts_.front().field == Field::epoch) return read_epoch(value.text, out);
  Parsed parsed;
  std::string_view rest = value.text;
  for (const Part& part : parts_)
    if (const char* why = read_part(part, rest, parsed)) return why;
  return rest.empty() ? write(parsed, out) : "there is more text than the pattern has";
}

const char* DatePattern::read_epoch(std::string_view text, std::string& out) const {
  const auto number = Decimal::parse(text);
  if (!number) return "it is not a number";
  const int power = parts_.front().power;
  if (number->scale() > power) return "it is finer than microseconds";
  constexpr std::int64_t kMostDigits = 18;
  if (number->digits() > 0 && number->point() + power > kMostDigits) return "it is beyond the year 9999";
  std::int64_t micros = 0;
  for (std::int64_t i = 0; i < number->point() + power; ++i)
    micros = micros * 10 +
             (static_cast<std::size_t>(i) < number->digits() ? number->digit(static_cast<std::size_t>(i)) - '0' : 0);
  if (number->negative()) micros = -micros;
  const std::int64_t days = floor_divide(micros, kMicrosPerDay);
  const CivilDate date = civil_from_days(days + kUnixDays);
  if (date.year < 1 || date.year > 9999) return "it is not in the years 0001 to 9999";
  const std::int64_t of_day = micros - days * kMicrosPerDay, seconds = of_day / kMicrosPerSecond;
  append_date(out, days + kUnixDays);
  out +=
      base::strcat("T", two_digits(seconds / 3600), ":", two_digits(seconds / 60 % 60), ":", two_digits(seconds % 60));
  const std::string fraction = std::to_string(kMicrosPerSecond + of_day % kMicrosPerSecond).substr(1);
  out += base::strcat(".", fraction, "Z");
  return nullptr;
}

const char* DatePattern::read_part(const Part& part, std::string_view& rest, Parsed& parsed) const {
  const auto number = [&](int& into, std::size_t most) {
    into = take_number(rest, part.exact ? most : 1, most);
    return into < 0 ? "a number is missing where the pattern has one" : nullptr;
  };
  switch (part.field) {
    case Field::literal:
      if (rest.empty() || rest[0] != part.sign) return "a sign of the pattern is not there";
      rest.remove_prefix(1);
      return nullptr;
    case Field::year:
      parsed.year = take_number(rest, 4, 4);
      return parsed.year < 0 ? "the year has not four digits" : nullptr;
    case Field::short_year:
      parsed.year = take_number(rest, 2, 2);
      if (parsed.year < 0) return "the year has not two digits";
      parsed.year += parsed.year < 70 ? 2000 : 1900;
      return nullptr;
    case Field::month:
      return number(parsed.month, 2);
    case Field::month_name:
    case Field::short_month_name:
    case Field::weekday_name:
    case Field::short_weekday_name:
    case Field::half:
      return read_name(part.field, rest, parsed);
    case Field::day:
      return number(parsed.day, 2);
    case Field::hour12:
      parsed.twelve = true;
      return number(parsed.hour, 2);
    case Field::hour24:
      return number(parsed.hour, 2);
    case Field::minute:
      return number(parsed.minute, 2);
    case Field::second:
      return number(parsed.second, 2);
    case Field::millis:
    case Field::micros: {
      const std::size_t most = part.field == Field::millis ? 3 : 6, before = rest.size();
      parsed.micros = take_number(rest, 1, most);
      for (std::size_t digits = before - rest.size(); digits < 6; ++digits) parsed.micros *= 10;
      return parsed.micros < 0 ? "the fraction of the second is missing" : nullptr;
    }
    case Field::zone: {
      std::size_t size = 0;
      while (size < rest.size() &&
             (is_digit(rest[size]) || std::string_view("+-:Zz").find(rest[size]) != std::string_view::npos))
        ++size;
      parsed.zone = rest.substr(0, size);
      rest.remove_prefix(size);
      return is_utc_offset(parsed.zone) ? nullptr : "there is no offset like Z or +01:00";
    }
    case Field::epoch:
      return nullptr;  // stands alone, see read()
  }
  return nullptr;  // not reached: the switch is exhaustive
}

const char* DatePattern::read_name(Field field, std::string_view& rest, Parsed& parsed) const {
  constexpr std::array<std::string_view, 2> kHalves{"am", "pm"};
  if (field == Field::weekday_name || field == Field::short_weekday_name) {
    const bool there = take_name(rest, kWeekdays, 0) >= 0 || take_name(rest, kWeekdays, 3) >= 0;
    return there ? nullptr : "there is no name of a weekday (in English)";
  }
  if (field == Field::half) {
    parsed.half = take_name(rest, kHalves, 0);
    return parsed.half < 0 ? "there is neither AM nor PM" : nullptr;
  }
  parsed.month = take_name(rest, kMonths, field == Field::month_name ? 0 : 3) + 1;
  return parsed.month == 0 ? "there is no name of a month (in English)" : nullptr;
}

const char* DatePattern::write(const Parsed& parsed, std::string& out) const {
  int hour = parsed.hour;
  if (parsed.twelve) {
    if (hour < 1 || hour > 12) return "its hour is not from 1 to 12";
    hour = hour % 12 + (parsed.half == 1 ? 12 : 0);
  }
  if (has_date()) {
    const auto month = static_cast<unsigned>(parsed.month), day = static_cast<unsigned>(parsed.day);
    if (parsed.year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(parsed.year, month))
      return "there is no such day";
    append_date(out, days_from_civil(parsed.year, month, day));
  }
  if (!has_clock()) return nullptr;
  if (hour > 23 || parsed.minute > 59 || parsed.second > 59) return "there is no such time of day";
  if (has_date()) out += 'T';
  out += base::strcat(two_digits(hour), ":", two_digits(parsed.minute), ":", two_digits(parsed.second));
  if (parsed.micros > 0) out += base::strcat(".", std::to_string(kMicrosPerSecond + parsed.micros).substr(1));
  out += parsed.zone;
  return nullptr;
}

bool is_utc_offset(std::string_view text) noexcept {
  if (text == "Z" || text == "z") return true;
  DateTime parsed;
  return (text.starts_with('+') || text.starts_with('-')) &&
         parse_clock(base::strcat("00:00", text), parsed) == TimeFault::none && parsed.has_offset;
}

}  // namespace tandem::core
