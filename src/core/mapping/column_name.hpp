// The name of the column that a remote field gets when a table is made for it, or widened by it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace tandem::core {

// snake_case, a name that a table can have, at most 63 bytes, and none of `taken`, which it joins.
std::string column_for_field(std::string_view field, std::unordered_set<std::string>& taken);

}  // namespace tandem::core
