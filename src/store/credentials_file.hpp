// A secret in a file of the server: <directory>/<tenant>/<name>, opened component by
// component without following links, and refused unless only the server can read it.
#pragma once

#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace tandem::store {

// Errors name the file relative to tandem.secrets_directory. One trailing newline is taken off.
base::Result<base::Secret> read_secret_file(const std::string& directory, const std::string& tenant,
                                            const std::string& name);

}  // namespace tandem::store
