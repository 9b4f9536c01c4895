// Changes to a mapping as a JSON merge patch over the arguments that would make it. What
// RFC 7396 does not know is columns given as an array: they are patched by their field.
#pragma once

#include "base/json.hpp"
#include "store/mappings.hpp"

namespace tandem::api {

// The arguments of create_mapping after `changes`.
[[nodiscard]] base::Json patched_arguments(const store::MappingRow& row, const base::Json& changes);

}  // namespace tandem::api
