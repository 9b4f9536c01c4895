#include "core/convert/decimal.hpp"

#include <algorithm>

namespace tandem::core {
namespace {

// Larger exponents make no difference: no type holds a tenth of it.
constexpr std::int64_t kExponentCap = 1'000'000'000;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& rest) noexcept {
  std::size_t n = 0;
  while (n < rest.size() && is_digit(rest[n])) ++n;
  const std::string_view digits = rest.substr(0, n);
  rest.remove_prefix(n);
  return digits;
}

// Consumes e±n; false when there is an e without digits.
bool take_exponent(std::string_view& rest, std::int64_t& exponent) noexcept {
  if (rest.empty() || (rest[0] != 'e' && rest[0] != 'E')) return true;
  rest.remove_prefix(1);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const std::string_view digits = take_digits(rest);
  if (digits.empty()) return false;
  for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kExponentCap);
  if (negative) exponent = -exponent;
  return true;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view token) noexcept {
  Decimal out;
  if (token.starts_with('-')) {
    out.negative_ = true;
    token.remove_prefix(1);
  }
  out.whole_ = take_digits(token);
  if (out.whole_.empty() || (out.whole_.size() > 1 && out.whole_[0] == '0')) return std::nullopt;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    out.fraction_ = take_digits(token);
    if (out.fraction_.empty()) return std::nullopt;
  }
  std::int64_t exponent = 0;
  if (!take_exponent(token, exponent) || !token.empty()) return std::nullopt;

  const std::size_t all = out.whole_.size() + out.fraction_.size();
  std::size_t end = all;
  const auto at = [&](std::size_t i) {
    return i < out.whole_.size() ? out.whole_[i] : out.fraction_[i - out.whole_.size()];
  };
  while (out.first_ < all && at(out.first_) == '0') ++out.first_;
  while (end > out.first_ && at(end - 1) == '0') --end;
  out.count_ = end - out.first_;
  if (out.count_ > 0) {
    out.point_ = static_cast<std::int64_t>(out.whole_.size()) - static_cast<std::int64_t>(out.first_) + exponent;
  }
  return out;
}

char Decimal::digit(std::size_t i) const noexcept {
  const std::size_t at = first_ + i;
  return at < whole_.size() ? whole_[at] : fraction_[at - whole_.size()];
}

bool Decimal::same_value(const Decimal& other) const noexcept {
  if (count_ != other.count_ || point_ != other.point_) return false;
  if (count_ > 0 && negative_ != other.negative_) return false;  // -0 is 0
  for (std::size_t i = 0; i < count_; ++i) {
    if (digit(i) != other.digit(i)) return false;
  }
  return true;
}

}  // namespace tandem::core
