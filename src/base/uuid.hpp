// Random UUIDs (RFC 9562, version 4) for rows that we make, from the kernel's generator.
#pragma once

#include <string_view>

#include "base/value.hpp"

namespace tandem::base {

// As text, 36 characters, in `arena`.
[[nodiscard]] std::string_view random_uuid(TextArena& arena);

}  // namespace tandem::base
