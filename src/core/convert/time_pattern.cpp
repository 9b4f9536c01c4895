#include "core/convert/time_pattern.hpp"

#include <charconv>

#include "base/clock.hpp"
#include "base/strings.hpp"
#include "core/convert/civil.hpp"

namespace tandem::core {

namespace {

constexpr std::int64_t kDay = 86'400 * base::kSecond;

// One step of a pattern: a literal character, or a directive (`:` for %:z).
struct Step {
  bool directive = false;
  char what = 0;
};

std::optional<Step> next_step(std::string_view pattern, std::size_t& at) {
  if (pattern[at] != '%') return Step{false, pattern[at++]};
  if (++at == pattern.size()) return std::nullopt;
  if (pattern[at] == ':' && at + 1 < pattern.size() && pattern[at + 1] == 'z') return at += 2, Step{true, ':'};
  return Step{true, pattern[at++]};
}

void append_number(std::string& out, std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

void append_offset(std::string& out, std::int32_t offset, bool colon) {
  const std::int32_t minutes = (offset < 0 ? -offset : offset) / 60;
  out += offset < 0 ? '-' : '+';
  append_number(out, minutes / 60, 2);
  if (colon) out += ':';
  append_number(out, minutes % 60, 2);
}

// Exactly `least` to `most` digits at text[at].
std::optional<std::int64_t> take_number(std::string_view text, std::size_t& at, std::size_t least, std::size_t most) {
  std::size_t end = at;
  while (end < text.size() && end - at < most && text[end] >= '0' && text[end] <= '9') ++end;
  if (end - at < least) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(text.data() + at, text.data() + end, number);
  at = end;
  return number;
}

std::optional<std::int32_t> take_offset(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  if (text[at] == 'Z' || text[at] == 'z') return ++at, 0;
  const char sign = text[at];
  if (sign != '+' && sign != '-') return std::nullopt;
  ++at;
  const auto hours = take_number(text, at, 2, 2);
  if (at < text.size() && text[at] == ':') ++at;
  const auto minutes = take_number(text, at, 2, 2);
  if (!hours || !minutes || *hours > 15 || *minutes > 59) return std::nullopt;
  const auto seconds = static_cast<std::int32_t>(*hours * 3600 + *minutes * 60);
  return sign == '-' ? -seconds : seconds;
}

struct Fields {
  std::int64_t year = 2000, month = 1, day = 1, hour = 0, minute = 0, second = 0, micro = 0;
  std::optional<std::int64_t> epoch;
  std::optional<std::int32_t> offset;
};

bool take(char directive, std::string_view text, std::size_t& at, Fields& out) {
  const auto number = [&](std::int64_t& into, std::size_t least, std::size_t most) {
    const auto found = take_number(text, at, least, most);
    if (found) into = *found;
    return found.has_value();
  };
  switch (directive) {
    case 'Y':
      return number(out.year, 4, 4);
    case 'm':
      return number(out.month, 2, 2);
    case 'd':
      return number(out.day, 2, 2);
    case 'H':
      return number(out.hour, 2, 2);
    case 'M':
      return number(out.minute, 2, 2);
    case 'S':
      return number(out.second, 2, 2);
    case 'f':
    case 'L': {
      const std::size_t begin = at;
      if (!number(out.micro, 1, 6)) return false;
      for (std::size_t digits = at - begin; digits < 6; ++digits) out.micro *= 10;
      return true;
    }
    case 's': {
      out.epoch.emplace();
      return number(*out.epoch, 1, 12);
    }
    case 'z':
    case ':':
      out.offset = take_offset(text, at);
      return out.offset.has_value();
    case '%':
      return at < text.size() && text[at++] == '%';
  }
  return false;
}

}  // namespace

std::optional<std::string> check_time_pattern(std::string_view pattern) {
  constexpr std::string_view kKnown = "YmdHMSfLsz:%";
  bool day = false;
  for (std::size_t at = 0; at < pattern.size();) {
    const auto step = next_step(pattern, at);
    if (!step || (step->directive && kKnown.find(step->what) == std::string_view::npos))
      return base::strcat("has a directive that is not known: %", step ? std::string(1, step->what) : std::string());
    day = day || (step->directive && (step->what == 'd' || step->what == 's'));
  }
  if (!day) return "has no day: %d, or %s for seconds since 1970";
  return std::nullopt;
}

std::string print_time(std::string_view pattern, std::int64_t micros, std::int32_t offset) {
  const std::int64_t local = micros + offset * base::kSecond;
  const std::int64_t days = floor_divide(local, kDay), of_day = local - days * kDay;
  const CivilDate date = civil_from_days(days);
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const auto step = next_step(pattern, at);
    if (!step || !step->directive) {
      if (step) out += step->what;
      continue;
    }
    switch (step->what) {
      case 'Y':
        append_number(out, date.year, 4);
        break;
      case 'm':
        append_number(out, date.month, 2);
        break;
      case 'd':
        append_number(out, date.day, 2);
        break;
      case 'H':
        append_number(out, of_day / (3600 * base::kSecond), 2);
        break;
      case 'M':
        append_number(out, of_day / (60 * base::kSecond) % 60, 2);
        break;
      case 'S':
        append_number(out, of_day / base::kSecond % 60, 2);
        break;
      case 'f':
        append_number(out, of_day % base::kSecond, 6);
        break;
      case 'L':
        append_number(out, of_day % base::kSecond / 1000, 3);
        break;
      case 's':
        out += std::to_string(floor_divide(micros, base::kSecond) + base::kUnixEpochOffsetSeconds);
        break;
      case 'z':
      case ':':
        append_offset(out, offset, step->what == ':');
        break;
      case '%':
        out += '%';
        break;
    }
  }
  return out;
}

std::optional<PatternTime> parse_time(std::string_view pattern, std::string_view text) {
  Fields f;
  std::size_t read = 0;
  for (std::size_t at = 0; at < pattern.size();) {
    const auto step = next_step(pattern, at);
    if (!step) return std::nullopt;
    if (step->directive ? !take(step->what, text, read, f) : read >= text.size() || text[read++] != step->what)
      return std::nullopt;
  }
  if (read != text.size()) return std::nullopt;
  if (f.epoch) return PatternTime{(*f.epoch - base::kUnixEpochOffsetSeconds) * base::kSecond + f.micro, 0};
  if (f.month < 1 || f.month > 12 || f.day < 1 || f.hour > 23 || f.minute > 59 || f.second > 59) return std::nullopt;
  if (f.day > days_in_month(f.year, static_cast<unsigned>(f.month))) return std::nullopt;
  const std::int64_t days = days_from_civil(f.year, static_cast<unsigned>(f.month), static_cast<unsigned>(f.day));
  const std::int64_t seconds = f.hour * 3600 + f.minute * 60 + f.second;
  return PatternTime{days * kDay + seconds * base::kSecond + f.micro, f.offset};
}

}  // namespace tandem::core
