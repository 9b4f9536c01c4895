// What the look-ups of all named things share: the error when there is none of that
// name (with the nearest one there is), who may change a thing, and metadata.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "pg/sql.hpp"
#include "pg/types.hpp"

namespace tandem::store {

// 42704 `mapping "contcts" does not exist`, with the nearest of `known` or all of them as hint.
[[nodiscard]] base::Failure no_such(std::string_view kind, std::string_view name,
                                    const std::vector<std::string>& known);

// True for superusers and for members of `owner`.
[[nodiscard]] bool acts_for(pg::Oid user, pg::Oid owner);
// Throws 42501 naming the owner unless acts_for(current user, owner).
void require_owner(std::string_view kind, std::string_view name, pg::Oid owner, std::string_view owner_name);

// RFC 7396 within Postgres, so that numbers of any size stay what they are. `changes`: an object with a key "metadata".
[[nodiscard]] std::string merged_metadata(pg::Sql& sql, std::string_view metadata, std::string_view changes);

}  // namespace tandem::store
