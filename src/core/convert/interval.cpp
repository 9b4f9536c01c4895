// Intervals go to Postgres as text, but only in forms that it reads exactly and in one
// way whatever intervalstyle is: ISO 8601 (P1DT2H), "1 day 2 hours", "1 day 02:00:00".
#include "base/strings.hpp"
#include "core/convert/problem.hpp"
#include "core/convert/time.hpp"

namespace tandem::core {
namespace {

constexpr std::size_t kWholeDigits = 9;  // what a 32-bit field surely holds
constexpr int kFractionDigits = 6;
constexpr unsigned kSecondBit = 64;
constexpr unsigned kClockBits = 16 | 32 | kSecondBit;  // what hh:mm:ss says, too

enum class Fault { none, shape, fraction, sign, too_fine };

struct Parsed {
  Fault fault = Fault::none;
  int fraction_digits = 0;
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

struct Number {
  bool valid = false, is_signed = false, negative = false, has_fraction = false;
  int fraction_digits = 0;
};

Number take_number(std::string_view& rest) noexcept {
  Number out;
  out.negative = rest.starts_with('-');
  out.is_signed = out.negative || rest.starts_with('+');
  if (out.is_signed) rest.remove_prefix(1);
  std::size_t n = 0;
  while (n < rest.size() && is_digit(rest[n])) ++n;
  out.valid = n > 0 && n <= kWholeDigits;
  rest.remove_prefix(n);
  if (rest.size() < 2 || rest[0] != '.' || !is_digit(rest[1])) return out;
  out.has_fraction = true;
  rest.remove_prefix(1);
  for (int i = 1; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1), ++i) {
    if (rest[0] != '0') out.fraction_digits = i;
  }
  return out;
}

// Only seconds may have a fraction: half a month has no exact length.
Fault check_fraction(const Number& number, bool seconds) noexcept {
  if (number.has_fraction && !seconds) return Fault::fraction;
  return number.fraction_digits > kFractionDigits ? Fault::too_fine : Fault::none;
}

// P[nY][nM][nW][nD][T[nH][nM][nS]], each unit once and in this order.
Parsed parse_iso(std::string_view rest) noexcept {
  Parsed out;
  std::string_view units = "YMWD";
  bool in_time = false, any = false;
  rest.remove_prefix(1);
  while (!rest.empty()) {
    if (rest[0] == 'T' && !in_time && rest.size() > 1) {
      in_time = true;
      units = "HMS";
      rest.remove_prefix(1);
    }
    const bool plus = rest.starts_with('+');  // Postgres does not read it here
    const Number number = take_number(rest);
    const std::size_t unit = rest.empty() ? std::string_view::npos : units.find(rest[0]);
    if (!number.valid || plus || unit == std::string_view::npos) return {Fault::shape};
    const Fault fault = check_fraction(number, in_time && units[unit] == 'S');
    if (fault != Fault::none) return {fault};
    out.fraction_digits = number.fraction_digits;
    units.remove_prefix(unit + 1);
    rest.remove_prefix(1);
    any = true;
  }
  return any ? out : Parsed{Fault::shape};
}

// hh:mm:ss[.f] behind the number that was read last; hh:mm could be minutes and seconds.
Parsed parse_rest_of_clock(std::string_view rest) noexcept {
  if (rest.size() < 6 || rest[0] != ':' || rest[3] != ':') return {Fault::shape};
  for (const std::size_t at : {std::size_t{1}, std::size_t{4}}) {
    if (rest[at] < '0' || rest[at] > '5' || !is_digit(rest[at + 1])) return {Fault::shape};
  }
  rest.remove_prefix(4);
  const Number seconds = take_number(rest);
  if (!seconds.valid || seconds.is_signed || !rest.empty()) return {Fault::shape};
  return {check_fraction(seconds, true), seconds.fraction_digits};
}

// A bit for each unit, 0 for what is none.
unsigned unit_bit(std::string_view word) noexcept {
  if (word.ends_with('s')) word.remove_suffix(1);
  if (word == "year") return 1;
  if (word == "month" || word == "mon") return 2;
  if (word == "week") return 4;
  if (word == "day") return 8;
  if (word == "hour") return 16;
  if (word == "minute" || word == "min") return 32;
  if (word == "second" || word == "sec") return kSecondBit;
  return 0;
}

std::string_view take_word(std::string_view& rest) noexcept {
  std::size_t n = 0;
  while (n < rest.size() && rest[n] >= 'a' && rest[n] <= 'z') ++n;
  const std::string_view word = rest.substr(0, n);
  rest.remove_prefix(n);
  return word;
}

void skip_blanks(std::string_view& rest) noexcept {
  while (rest.starts_with(' ')) rest.remove_prefix(1);
}

// "1 year 2 mons -3 days +04:05:06". Under one intervalstyle a leading minus holds for all
// that follow without a sign, under another it does not: such a text is refused.
Parsed parse_words(std::string_view rest) noexcept {
  Parsed out;
  bool first = true, leading_minus = false;
  unsigned units = 0;
  while (!rest.empty()) {
    const Number number = take_number(rest);
    if (!number.valid) return {Fault::shape};
    if (first) leading_minus = number.negative;
    if (!first && leading_minus && !number.is_signed) return {Fault::sign};
    first = false;
    if (rest.starts_with(':')) {
      if (number.has_fraction || (units & kClockBits) != 0) return {Fault::shape};
      return parse_rest_of_clock(rest);
    }
    skip_blanks(rest);
    const unsigned unit = unit_bit(take_word(rest));
    const bool repeated = (units & unit) != 0;
    if (unit == 0 || repeated || (!rest.empty() && rest[0] != ' ')) return {Fault::shape};
    units |= unit;
    const Fault fault = check_fraction(number, unit == kSecondBit);
    if (fault != Fault::none) return {fault};
    out.fraction_digits = number.fraction_digits;
    skip_blanks(rest);
  }
  return first ? Parsed{Fault::shape} : out;
}

const char* why(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "it is valid";
    case Fault::shape:
      return "it is not written like P1DT2H, 1 day 2 hours or 1 day 02:00:00";
    case Fault::fraction:
      return "only seconds may have a fraction";
    case Fault::sign:
      return "it begins with a minus sign that may or may not hold for the parts without a sign";
    case Fault::too_fine:
      return "it is finer than a microsecond";
  }
  return "";
}

}  // namespace

std::optional<Problem> to_interval(const base::Value& value, const base::ColumnType& type, base::Cell& cell) {
  if (value.kind != base::Kind::string) {
    return cannot_convert(code::kWrongKind, value, type, "it is not text, and which unit is meant would be a guess",
                          "Map the field to a numeric column and convert it there.");
  }
  if (type.name.starts_with("interval ") && type.name.find("second") == std::string::npos) {
    return cannot_convert(code::kNotExact, value, type, "the column would cut everything below its last field",
                          "Make the column interval, without fields.");
  }
  const Parsed parsed = value.text.starts_with('P') ? parse_iso(value.text) : parse_words(value.text);
  const bool too_fine =
      parsed.fault == Fault::too_fine || (type.precision >= 0 && parsed.fraction_digits > type.precision);
  if (too_fine) {
    return cannot_convert(code::kNotExact, value, type,
                          parsed.fault == Fault::none ? base::strcat("fractional digits: ", parsed.fraction_digits,
                                                                     ", allowed: ", type.precision)
                                                      : why(parsed.fault),
                          "A text column keeps every digit.");
  }
  if (parsed.fault != Fault::none) {
    return cannot_convert(code::kNotATime, value, type, why(parsed.fault),
                          "Correct the record at its source, or map the field to a text column.");
  }
  cell.form = base::Cell::Form::text;
  cell.text = value.text;
  return std::nullopt;
}

}  // namespace tandem::core
