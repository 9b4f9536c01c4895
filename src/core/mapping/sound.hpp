// Definitions that were checked when they were made, and are about to be used: what they
// were made of may have changed since. The first error ends the use of them.
#pragma once

#include <string_view>

#include "core/mapping/finding.hpp"
#include "core/mapping/mapping.hpp"

namespace tandem::core {

// Throws Failure(invalid_parameter) with the first finding that is an error; `prefix` stands before its message.
[[nodiscard]] Mapping sound_mapping(ParsedMapping parsed, std::string_view prefix);
// The same of what has a path of its own, which stands before the message.
void require_sound(const Findings& findings);

}  // namespace tandem::core
