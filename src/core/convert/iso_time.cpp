#include "core/convert/iso_time.hpp"

#include "core/convert/civil.hpp"

namespace tandem::core {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr int kFractionDigits = 6;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Two digits at `at`, or -1.
int two(std::string_view text, std::size_t at) noexcept {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

TimeFault parse_date(std::string_view text, DateTime& out) noexcept {
  const int century = two(text, 0), year_of_century = two(text, 2);
  if (century < 0 || year_of_century < 0) return TimeFault::shape;
  if (text.size() > 5 && is_digit(text[4]) && text.find('-') != std::string_view::npos) return TimeFault::year;
  const int month = two(text, 5), day = two(text, 8);
  if (month < 0 || day < 0 || text[4] != '-' || text[7] != '-') return TimeFault::shape;
  const int year = century * 100 + year_of_century;
  if (year == 0) return TimeFault::year;
  if (month < 1 || month > 12 || day < 1) return TimeFault::no_such_day;
  const auto m = static_cast<unsigned>(month), d = static_cast<unsigned>(day);
  if (d > days_in_month(year, m)) return TimeFault::no_such_day;
  out.days = days_from_civil(year, m, d);
  return TimeFault::none;
}

// ".123456" at the beginning of `rest`, which is moved behind it.
TimeFault parse_fraction(std::string_view& rest, DateTime& out) noexcept {
  if (!rest.starts_with('.')) return TimeFault::none;
  rest.remove_prefix(1);
  int n = 0;
  std::int64_t micros = 0;
  bool too_fine = false;
  for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1), ++n) {
    if (n < kFractionDigits)
      micros = micros * 10 + (rest[0] - '0');
    else
      too_fine = too_fine || rest[0] != '0';
    if (n < kFractionDigits && rest[0] != '0') out.fraction_digits = n + 1;
  }
  if (n == 0) return TimeFault::shape;
  for (int i = n; i < kFractionDigits; ++i) micros *= 10;
  out.micros += micros;
  return too_fine ? TimeFault::too_fine : TimeFault::none;
}

// Z, +hh, +hhmm or +hh:mm; nothing at all is fine, too.
TimeFault parse_offset(std::string_view rest, DateTime& out) noexcept {
  if (rest.empty()) return TimeFault::none;
  out.has_offset = true;
  if (rest == "Z" || rest == "z") return TimeFault::none;
  if (rest[0] != '+' && rest[0] != '-') return TimeFault::shape;
  const bool colon = rest.size() == 6 && rest[3] == ':';
  if (rest.size() != 3 && rest.size() != 5 && !colon) return TimeFault::offset;
  const int hours = two(rest, 1);
  const int minutes = rest.size() == 3 ? 0 : two(rest, colon ? 4 : 3);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return TimeFault::offset;
  out.offset = (hours * 3600 + minutes * 60) * (rest[0] == '-' ? -1 : 1);
  return TimeFault::none;
}

void append_padded(std::string& out, std::int64_t number, int width) {
  char digits[20];
  int n = 0;
  for (; number > 0 || n < width; number /= 10) digits[n++] = static_cast<char>('0' + number % 10);
  while (n > 0) out.push_back(digits[--n]);
}

void append_civil(std::string& out, const CivilDate& date) {
  append_padded(out, date.year, 4);
  out.push_back('-');
  append_padded(out, date.month, 2);
  out.push_back('-');
  append_padded(out, date.day, 2);
}

}  // namespace

const char* why(TimeFault fault) {
  switch (fault) {
    case TimeFault::none:
      return "it is valid";
    case TimeFault::shape:
      return "it is not written like 2024-02-29 or 2024-02-29T10:00:00Z";
    case TimeFault::year:
      return "years are those from 0001 to 9999, of four digits";
    case TimeFault::no_such_day:
      return "there is no such day";
    case TimeFault::no_such_time:
      return "there is no such time of day";
    case TimeFault::midnight_24:
      return "24:00 is not a time of this day, but 00:00 of the next";
    case TimeFault::leap_second:
      return "leap seconds (:60) cannot be stored";
    case TimeFault::offset:
      return "its offset from UTC is not written like Z, +01:00, +0100 or +01";
    case TimeFault::too_fine:
      return "it is finer than a microsecond";
  }
  return "";
}

TimeFault parse_date_time(std::string_view text, DateTime& out) noexcept {
  if (const TimeFault fault = parse_date(text, out); fault != TimeFault::none) return fault;
  if (text.size() == 10) return TimeFault::none;
  if (text[10] != 'T' && text[10] != ' ' && text[10] != 't') return TimeFault::shape;
  return parse_clock(text.substr(11), out);
}

TimeFault parse_clock(std::string_view text, DateTime& out) noexcept {
  const int hours = two(text, 0), minutes = two(text, 3);
  if (hours < 0 || minutes < 0 || text[2] != ':') return TimeFault::shape;
  int seconds = 0;
  std::string_view rest = text.substr(5);
  out.has_time = true;
  if (rest.starts_with(':')) {
    seconds = two(rest, 1);
    if (seconds < 0) return TimeFault::shape;
    rest.remove_prefix(3);
  }
  if (hours == 24 && minutes == 0 && seconds == 0) return TimeFault::midnight_24;
  if (seconds == 60 && hours < 24 && minutes < 60) return TimeFault::leap_second;
  if (hours > 23 || minutes > 59 || seconds > 59) return TimeFault::no_such_time;
  out.micros = (std::int64_t{hours} * 3600 + minutes * 60 + seconds) * kMicrosPerSecond;
  if (text.size() > 5 && text[5] == ':') {
    if (const TimeFault fault = parse_fraction(rest, out); fault != TimeFault::none) return fault;
  }
  return parse_offset(rest, out);
}

void append_date(std::string& out, std::int64_t days) { append_civil(out, civil_from_days(days)); }

void append_timestamp(std::string& out, std::int64_t micros, std::string_view zone) {
  const std::int64_t days = floor_divide(micros, kMicrosPerDay);
  const std::int64_t of_day = micros - days * kMicrosPerDay;
  // An offset can push 0001-01-01 into the year before, which Postgres writes as 1 BC.
  const CivilDate date = civil_from_days(days);
  const bool before_christ = date.year < 1;
  append_civil(out, {before_christ ? 1 - date.year : date.year, date.month, date.day});
  out.push_back(' ');
  const std::int64_t seconds = of_day / kMicrosPerSecond;
  append_padded(out, seconds / 3600, 2);
  out.push_back(':');
  append_padded(out, seconds / 60 % 60, 2);
  out.push_back(':');
  append_padded(out, seconds % 60, 2);
  if (const std::int64_t fraction = of_day % kMicrosPerSecond; fraction != 0) {
    out.push_back('.');
    append_padded(out, fraction, kFractionDigits);
  }
  out.append(zone);
  if (before_christ) out.append(" BC");
}

}  // namespace tandem::core
