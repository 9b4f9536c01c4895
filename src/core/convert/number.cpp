#include "core/convert/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/strings.hpp"
#include "core/convert/problem.hpp"
#include "core/convert/decimal.hpp"

namespace tandem::core {
namespace {

using base::Cell;
using base::ColumnType;
using base::Kind;
using base::TypeClass;
using base::Value;

// What Postgres's numeric holds: digits before and behind the point.
constexpr std::int64_t kNumericWhole = 131072;
constexpr std::int64_t kNumericScale = 16383;
// No double has more significant digits than this when written out in full.
constexpr std::size_t kDoubleDigits = 767;

Problem not_a_number(const Value& value, const ColumnType& type) {
  if (value.kind != Kind::string) {
    return cannot_convert(code::kWrongKind, value, type, "it is not a number",
                          "Map the field to a column of its own kind.");
  }
  return cannot_convert(code::kWrongKind, value, type, "it does not read as a number",
                        "Numbers in text are written like 1234.5 or -1.2e3: no thousands separators, currency signs, "
                        "blanks or leading zeros. A text column takes it as it is.");
}

Problem out_of_range(const Value& value, const ColumnType& type, std::string_view why) {
  return beyond_limits(code::kOutOfRange, value, type, why, "Make the column numeric, or of a wider type.");
}

bool may_be_number(const Value& value) noexcept { return value.kind == Kind::number || value.kind == Kind::string; }

// Up to 18 digits cannot overflow; anything else goes the long way.
bool plain_integer(std::string_view token, std::int64_t& out) noexcept {
  const bool negative = token.starts_with('-');
  if (negative) token.remove_prefix(1);
  if (token.empty() || token.size() > 18 || (token[0] == '0' && token.size() > 1)) return false;
  std::int64_t sum = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return false;
    sum = sum * 10 + (c - '0');
  }
  out = negative ? -sum : sum;
  return true;
}

// A whole decimal as int64; false when it does not fit.
bool whole_value(const Decimal& decimal, std::int64_t& out) noexcept {
  if (decimal.point() > 19) return false;
  std::int64_t sum = 0;  // negative, which reaches one further
  for (std::int64_t i = 0; i < decimal.point(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const int digit = at < decimal.digits() ? decimal.digit(at) - '0' : 0;
    if (__builtin_mul_overflow(sum, std::int64_t{10}, &sum) || __builtin_sub_overflow(sum, std::int64_t{digit}, &sum))
      return false;
  }
  if (decimal.negative()) {
    out = sum;
    return true;
  }
  return !__builtin_sub_overflow(std::int64_t{0}, sum, &out);
}

struct IntegerRange {
  std::int64_t low, high;
};

IntegerRange range_of(TypeClass type) noexcept {
  if (type == TypeClass::smallint)
    return {std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max()};
  if (type == TypeClass::integer)
    return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
  return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
}

template <class Real>
std::optional<Problem> to_real_of(const Value& value, const ColumnType& type, const Decimal& decimal, Cell& cell) {
  Real stored = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stop, error] = std::from_chars(value.text.data(), end, stored);
  if (error != std::errc() || stop != end || (stored == 0 && decimal.digits() > 0)) {
    return beyond_limits(
        code::kOutOfRange, value, type,
        decimal.point() > 0 ? "it is larger than the type can hold" : "it is closer to 0 than the type can hold",
        "Make the column numeric.");
  }
  // digits10 digits survive the way there and back, unless the number is so small that bits are missing.
  const bool surely_exact = decimal.digits() <= std::numeric_limits<Real>::digits10 &&
                            (stored == 0 || std::abs(stored) >= std::numeric_limits<Real>::min());
  if (!surely_exact) {
    char written[kDoubleDigits + 16];
    const int precision = static_cast<int>(std::min(decimal.digits(), kDoubleDigits)) - 1;
    const auto result = std::to_chars(written, written + sizeof written, static_cast<double>(stored),
                                      std::chars_format::scientific, precision);
    const auto back = Decimal::parse({written, static_cast<std::size_t>(result.ptr - written)});
    if (!back || !back->same_value(decimal)) {
      return cannot_convert(code::kNotExact, value, type, "it has more digits than the type keeps",
                            "Make the column numeric, which keeps every digit.");
    }
  }
  cell.form = Cell::Form::real;
  cell.real = static_cast<double>(stored);
  return std::nullopt;
}

}  // namespace

std::optional<Problem> to_integer(const Value& value, const ColumnType& type, Cell& cell) {
  if (!may_be_number(value)) return not_a_number(value, type);
  std::int64_t number = 0;
  if (!plain_integer(value.text, number)) {
    const auto decimal = Decimal::parse(value.text);
    if (!decimal) return not_a_number(value, type);
    if (!decimal->is_whole()) {
      return cannot_convert(code::kNotExact, value, type, "it is not a whole number",
                            "Make the column numeric, which keeps fractions.");
    }
    if (!whole_value(*decimal, number)) return out_of_range(value, type, "it is out of range");
  }
  const IntegerRange range = range_of(type.type_class);
  if (number < range.low || number > range.high) {
    return out_of_range(value, type, base::strcat("it is out of range (", range.low, " to ", range.high, ")"));
  }
  cell.form = Cell::Form::integer;
  cell.integer = number;
  return std::nullopt;
}

std::optional<Problem> to_oid(const Value& value, const ColumnType& type, Cell& cell) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  ColumnType whole = type;
  whole.type_class = TypeClass::bigint;
  if (auto problem = to_integer(value, whole, cell)) return problem;
  if (cell.integer >= 0 && cell.integer <= kMost) return std::nullopt;
  return out_of_range(value, type, base::strcat("it is out of range (0 to ", kMost, ")"));
}

std::optional<Problem> to_numeric(const Value& value, const ColumnType& type, Cell& cell) {
  if (!may_be_number(value)) return not_a_number(value, type);
  const auto decimal = Decimal::parse(value.text);
  if (!decimal) return not_a_number(value, type);
  const bool limited = type.precision >= 0;
  const std::int64_t scale = limited ? type.scale : kNumericScale;
  const std::int64_t whole = limited ? std::int64_t{type.precision} - type.scale : kNumericWhole;
  if (decimal->digits() > 0 && decimal->point() > whole) {
    return out_of_range(value, type,
                        base::strcat("digits before the decimal point: ", decimal->point(), ", allowed: ", whole));
  }
  if (decimal->digits() > 0 && decimal->scale() > scale) {
    return cannot_convert(code::kNotExact, value, type,
                          base::strcat("digits after the decimal point: ", decimal->scale(), ", allowed: ", scale),
                          "Make the column numeric without a scale, or with a larger one.");
  }
  cell.form = Cell::Form::text;
  cell.text = value.text;
  return std::nullopt;
}

std::optional<Problem> to_real(const Value& value, const ColumnType& type, Cell& cell) {
  if (!may_be_number(value)) return not_a_number(value, type);
  const auto decimal = Decimal::parse(value.text);
  if (!decimal) return not_a_number(value, type);
  if (type.type_class == TypeClass::real) return to_real_of<float>(value, type, *decimal, cell);
  return to_real_of<double>(value, type, *decimal, cell);
}

}  // namespace tandem::core
