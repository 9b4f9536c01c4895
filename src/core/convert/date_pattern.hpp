// Dates and times written in any other way than ISO 8601, read by a pattern in the words
// of to_char: "DD.MM.YYYY HH24:MI", or "epoch" for seconds since 1970. Strict: the text
// has to be what the pattern says, nothing more and nothing less. What comes out is ISO
// text, for which the rules of the column (convert_time) hold as for any other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/value.hpp"

namespace tandem::core {

class DatePattern {
 public:
  // The error names the place and has a hint.
  static base::Result<DatePattern> parse(std::string_view pattern);

  [[nodiscard]] bool has_date() const noexcept { return date_; }
  [[nodiscard]] bool has_clock() const noexcept { return clock_; }
  [[nodiscard]] bool has_zone() const noexcept { return zone_; }

  // Appends ISO text of a text or number value. nullptr, or why it is not of the pattern.
  [[nodiscard]] const char* read(const base::Value& value, std::string& out) const;
  // Appends a time of the clock on the wall at `offset` (seconds east of UTC), days since 2000-01-01, as the pattern
  // says. It may not say all of it; who needs to know reads it again. True: what it gives is a number.
  bool print(std::int64_t days, std::int64_t micros, std::int32_t offset, std::string& out) const;

 private:
  enum class Field : std::uint8_t {
    literal,
    year,
    short_year,
    month,
    month_name,
    short_month_name,
    day,
    weekday_name,
    short_weekday_name,
    hour24,
    hour12,
    half,  // AM or PM
    minute,
    second,
    millis,
    micros,
    zone,
    epoch
  };
  struct Word {
    const char* name;
    Field field;
  };
  struct Part {
    Field field = Field::literal;
    char sign = '\0';    // literal
    bool exact = false;  // digits follow without anything between: no shorter number
    int power = 0;       // epoch: how many decimal places to microseconds
  };
  struct Parsed;
  struct Moment;
  static bool is_number(Field field) noexcept;
  static const Word* word_at(std::string_view pattern) noexcept;
  const char* complain() const noexcept;
  const char* read_epoch(std::string_view text, std::string& out) const;
  const char* read_part(const Part& part, std::string_view& rest, Parsed& parsed) const;
  const char* read_name(Field field, std::string_view& rest, Parsed& parsed) const;
  const char* write(const Parsed& parsed, std::string& out) const;
  static void print_part(const Part& part, const Moment& moment, std::string& out);

  std::vector<Part> parts_;
  bool date_ = false, clock_ = false, zone_ = false;
};

[[nodiscard]] bool is_utc_offset(std::string_view text) noexcept;  // Z, +01, +0100, +01:00

}  // namespace tandem::core
