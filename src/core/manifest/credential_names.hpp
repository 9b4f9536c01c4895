// Which credentials a connection takes: those its authentication signs in with, and those
// its requests are signed with. They are named here once, for the checks of what people
// give and for the lists of what is missing.
#pragma once

#include <string>
#include <vector>

#include "core/manifest/api.hpp"

namespace tandem::core {

inline constexpr const char* kSigningSecret = "signing_secret";
// The one that is being replaced: it signs as well, until every receiver knows the new one.
inline constexpr const char* kOldSigningSecret = "signing_secret_old";

// Nothing can be sent without these.
[[nodiscard]] std::vector<std::string> required_credentials(const Api& api);
// These and those that may be given.
[[nodiscard]] std::vector<std::string> known_credentials(const Api& api);
// The signing secret is whsec_ and base64, not any text.
[[nodiscard]] bool signs_as_standard(const Api& api);

}  // namespace tandem::core
