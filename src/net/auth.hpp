// The value of an Authorization header, as a Secret from the first byte on.
#pragma once

#include "base/secret.hpp"

namespace tandem::net {

[[nodiscard]] base::Secret basic_authorization(const base::Secret& user, const base::Secret& password);  // RFC 7617
[[nodiscard]] base::Secret bearer_authorization(const base::Secret& token);                              // RFC 6750

}  // namespace tandem::net
