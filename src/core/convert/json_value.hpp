// A value that stands in a definition (a default, a constant, what a transform maps to)
// seen as if a remote record had sent it, so that the same conversion rules hold for it.
#pragma once

#include "base/json.hpp"
#include "base/value.hpp"

namespace tandem::core {

[[nodiscard]] base::Value value_of_json(const base::Json& json, base::TextArena& arena);

}  // namespace tandem::core
