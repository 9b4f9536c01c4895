// The credentials argument: {"token": "…"} or {"token": {"file": "name"}}, null removes.
// Errors name keys only; a value never gets into a message.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "core/manifest/api.hpp"
#include "pg/sql.hpp"
#include "store/credentials.hpp"

namespace tandem::api {

// Only names that authentication and signatures need (22023 lists them); files only for superusers (42501).
[[nodiscard]] std::vector<store::CredentialChange> credential_changes(const base::Json& credentials,
                                                                      const core::Api& api);
void warn_of_missing_credentials(pg::Sql& sql, std::int64_t connection_id, std::string_view connection,
                                 const core::Api& api);

}  // namespace tandem::api
