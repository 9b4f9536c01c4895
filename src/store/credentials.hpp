// Table _credential: the secrets of connections, by value or by the name of a file. No
// role has a grant on it; values go in here and come out only as base::Secret, for the
// request that needs them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// One credential to be stored: exactly one of value and file; neither removes it.
struct CredentialChange {
  std::string name;
  std::optional<base::Secret> value;
  std::optional<std::string> file;  // in <tandem.secrets_directory>/<tenant>/
};

void put_credentials(pg::Sql& sql, std::int64_t connection_id, std::span<const CredentialChange> changes);
// How many there were.
std::uint64_t drop_credentials(pg::Sql& sql, std::int64_t connection_id);
[[nodiscard]] std::vector<std::string> credential_names(pg::Sql& sql, std::int64_t connection_id);

// All credentials of a connection, files read. Throws Failure naming the credential and the file, never a value.
[[nodiscard]] std::vector<std::pair<std::string, base::Secret>> load_credentials(pg::Sql& sql,
                                                                                 std::int64_t connection_id);

// A name that stays inside its directory: [A-Za-z0-9._-]+, not "." or "..".
[[nodiscard]] bool valid_secret_file_name(std::string_view name);

}  // namespace tandem::store
