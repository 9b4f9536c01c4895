// The steps of "to_remote", which are done in the other direction: what the database does of
// them comes first, for it has the value, and what only we can do comes behind it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/transform/transform.hpp"

namespace tandem::core {

// Like read_transforms, with the order that "to_remote" wants.
[[nodiscard]] std::vector<Transform> read_outward_transforms(const base::Json& json, const std::string& path,
                                                             Findings& findings);
// How many steps of "to_remote" the database does: up to the last that needs SQL.
[[nodiscard]] std::size_t steps_of_sql(std::span<const Transform> to_remote) noexcept;

}  // namespace tandem::core
