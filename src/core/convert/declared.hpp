// The "type" of a column mapping: what the remote value must be, whatever the column
// would take.
#pragma once

#include <optional>

#include "core/convert/convert.hpp"

namespace tandem::core {

std::optional<Problem> check_declared(const base::Value& value, DeclaredType declared);
// true, false, 0, 1 and the texts "true" and "false" in any case; anything else is no truth value.
[[nodiscard]] std::optional<bool> truth_of(const base::Value& value) noexcept;
[[nodiscard]] bool looks_like_uuid(std::string_view text) noexcept;  // 8-4-4-4-12 hexadecimal digits

}  // namespace tandem::core
