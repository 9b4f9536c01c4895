#include "core/convert/time.hpp"

#include "base/strings.hpp"
#include "core/convert/problem.hpp"
#include "core/convert/iso_time.hpp"

namespace tandem::core {
namespace {

using base::Cell;
using base::ColumnType;
using base::Kind;
using base::Value;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

Problem not_text(const Value& value, const ColumnType& type) {
  if (value.kind == Kind::number) {
    return cannot_convert(
        code::kWrongKind, value, type, "whether it counts seconds or milliseconds, and from when, would be a guess",
        "Map the field to a bigint or numeric column and convert it there, e.g. with to_timestamp(), or let "
        "the source send text like 2024-02-29T10:00:00Z.");
  }
  return cannot_convert(code::kWrongKind, value, type, "it is not text", "Map the field to a column of its own kind.");
}

Problem refused(const Value& value, const ColumnType& type, TimeFault fault) {
  const bool too_fine = fault == TimeFault::too_fine;
  return cannot_convert(too_fine ? code::kNotExact : code::kNotATime, value, type, why(fault),
                        too_fine ? "A text column keeps every digit."
                                 : "Correct the record at its source, or map the field to a text column.");
}

Problem refused(const Value& value, const ColumnType& type, std::string_view reason, std::string_view suggestion) {
  return cannot_convert(code::kNotATime, value, type, reason, suggestion);
}

// timestamp(3) would round the fourth digit.
std::optional<Problem> check_precision(const Value& value, const ColumnType& type, int fraction_digits) {
  if (type.precision < 0 || fraction_digits <= type.precision) return std::nullopt;
  return cannot_convert(code::kNotExact, value, type,
                        base::strcat("fractional digits: ", fraction_digits, ", allowed: ", type.precision),
                        "Declare the column without a precision; it then keeps microseconds.");
}

// The common part of timestamp and timestamptz.
std::optional<Problem> parse_moment(const Value& value, const ColumnType& type, DateTime& out) {
  if (value.kind != Kind::string) return not_text(value, type);
  if (const TimeFault fault = parse_date_time(value.text, out); fault != TimeFault::none)
    return refused(value, type, fault);
  if (!out.has_time) {
    return refused(value, type, "it has no time of day", "Map the field to a date column.");
  }
  return check_precision(value, type, out.fraction_digits);
}

// The common part of time and timetz.
std::optional<Problem> parse_time_of_day(const Value& value, const ColumnType& type, std::string_view example,
                                         DateTime& out) {
  if (value.kind != Kind::string) return not_text(value, type);
  const TimeFault fault = parse_clock(value.text, out);
  if (fault == TimeFault::shape) {
    return refused(value, type, base::strcat("it is not written like ", example), "Map the field to a text column.");
  }
  if (fault != TimeFault::none) return refused(value, type, fault);
  return check_precision(value, type, out.fraction_digits);
}

void set_micros(const DateTime& parsed, Cell& cell) {
  cell.form = Cell::Form::time;
  cell.integer = parsed.days * kMicrosPerDay + parsed.micros - parsed.offset * kMicrosPerSecond;
}

}  // namespace

std::optional<Problem> to_date(const Value& value, const ColumnType& type, Cell& cell) {
  if (value.kind != Kind::string) return not_text(value, type);
  DateTime parsed;
  if (const TimeFault fault = parse_date_time(value.text, parsed); fault != TimeFault::none)
    return refused(value, type, fault);
  // Midnight without an offset or in UTC is how many systems write a plain date.
  if (parsed.micros != 0 || parsed.offset != 0) {
    return refused(
        value, type, "it has a time of day, which a date would lose",
        parsed.has_offset ? "Map the field to a timestamptz column." : "Map the field to a timestamp column.");
  }
  cell.form = Cell::Form::time;
  cell.integer = parsed.days;
  return std::nullopt;
}

std::optional<Problem> to_time(const Value& value, const ColumnType& type, Cell& cell) {
  DateTime parsed;
  if (auto problem = parse_time_of_day(value, type, "10:00 or 10:00:00.123", parsed)) return problem;
  if (parsed.has_offset) {
    return refused(value, type, "it has an offset from UTC, which the type would lose", "Make the column timetz.");
  }
  cell.form = Cell::Form::text;
  cell.text = value.text;
  return std::nullopt;
}

std::optional<Problem> to_timetz(const Value& value, const ColumnType& type, Cell& cell) {
  DateTime parsed;
  if (auto problem = parse_time_of_day(value, type, "10:00+02 or 10:00:00.123Z", parsed)) return problem;
  if (!parsed.has_offset) {
    return refused(value, type, "it has no offset from UTC, and which zone is meant would be a guess",
                   "Make the column time (without time zone), or let the source send an offset or Z.");
  }
  cell.form = Cell::Form::text;
  cell.text = value.text;
  return std::nullopt;
}

std::optional<Problem> to_timestamp(const Value& value, const ColumnType& type, Cell& cell) {
  DateTime parsed;
  if (auto problem = parse_moment(value, type, parsed)) return problem;
  if (parsed.has_offset) {
    return refused(value, type, "it has an offset from UTC, which the type would lose", "Make the column timestamptz.");
  }
  set_micros(parsed, cell);
  return std::nullopt;
}

std::optional<Problem> to_timestamptz(const Value& value, const ColumnType& type, Cell& cell) {
  DateTime parsed;
  if (auto problem = parse_moment(value, type, parsed)) return problem;
  if (!parsed.has_offset) {
    return refused(
        value, type, "it has no offset from UTC, and which zone is meant would be a guess",
        "Make the column timestamp (without time zone) and convert it with AT TIME ZONE, or let the source send "
        "an offset or Z.");
  }
  set_micros(parsed, cell);
  return std::nullopt;
}

}  // namespace tandem::core
