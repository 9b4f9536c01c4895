// A text that is a whole number and nothing else, as positions, totals and stored cursors
// have it: "42", "-7"; no spaces, no sign '+', nothing beyond 64 bits.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::base {

[[nodiscard]] inline std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace tandem::base
