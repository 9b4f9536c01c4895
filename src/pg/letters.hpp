// Lower and upper case as this database's locale has them.
#pragma once

#include <string_view>

#include "base/value.hpp"

namespace tandem::pg {

// Text in the database's encoding. Needs no transaction.
[[nodiscard]] std::string_view lowered(std::string_view text, base::TextArena& arena);
[[nodiscard]] std::string_view uppered(std::string_view text, base::TextArena& arena);

}  // namespace tandem::pg
