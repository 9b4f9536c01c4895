// Single values made into others by a rule that the mapping states: what {"cast"},
// {"number_format"} and "trim" do. Nothing is guessed: what has no rule is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/value.hpp"
#include "core/convert/convert.hpp"

namespace tandem::core {

// The blanks that "trim" takes away, one after the other.
extern const std::string_view kAllBlanks;

// nullptr, or why it cannot be done; then `value` is as it was.
[[nodiscard]] const char* cast_value(DeclaredType to, base::Value& value, base::TextArena& arena);
// Without the blanks (Unicode's White_Space, and U+FEFF) around it.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;
// "1.234,50" as 1234.50; `group` may be empty: then there are no groups.
[[nodiscard]] std::optional<std::string> plain_number(std::string_view text, std::string_view decimal,
                                                      std::string_view group);

}  // namespace tandem::core
