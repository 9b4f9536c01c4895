// Time zones that connectors, connections and mappings name: whether the server knows them.
// What the rest of their definition means is core's business, which knows no zones.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "core/mapping/finding.hpp"

namespace tandem::api {

// nullopt: it is known, or none is named.
[[nodiscard]] std::optional<core::Finding> zone_problem(std::string_view zone, std::string path);
// Of the cursors of a manifest or a connection's config. Adds to findings about the same JSON.
void check_zones(const base::Json& definition, core::Findings& findings);

}  // namespace tandem::api
