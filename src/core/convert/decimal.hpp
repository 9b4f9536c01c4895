// A decimal number looked at as its digits, without converting it to anything: what
// decides whether a column can hold it exactly. Borrows the text it was parsed from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::core {

// ±0.d₁d₂…dₙ × 10^point where d₁ and dₙ are not 0; n = 0 is zero.
class Decimal {
 public:
  // The grammar of RFC 8259: no "+1", "01", ".5", "1.", "1,5", "NaN", no blanks.
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view token) noexcept;

  [[nodiscard]] bool negative() const noexcept { return negative_; }
  [[nodiscard]] std::size_t digits() const noexcept { return count_; }
  [[nodiscard]] char digit(std::size_t i) const noexcept;
  [[nodiscard]] std::int64_t point() const noexcept { return point_; }
  // Digits needed behind the decimal point; negative: it ends with that many zeros before it.
  [[nodiscard]] std::int64_t scale() const noexcept {
    return count_ == 0 ? 0 : static_cast<std::int64_t>(count_) - point_;
  }
  [[nodiscard]] bool is_whole() const noexcept { return scale() <= 0; }
  [[nodiscard]] bool same_value(const Decimal& other) const noexcept;

 private:
  std::string_view whole_, fraction_;  // the digits before and after the point as written
  std::size_t first_ = 0, count_ = 0;  // which of them are significant
  std::int64_t point_ = 0;
  bool negative_ = false;
};

}  // namespace tandem::core
