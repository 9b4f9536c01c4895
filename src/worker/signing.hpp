// Where a manifest's "signing" meets the connection's signing secrets: the headers by which
// a receiver knows that a request is ours.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "core/manifest/write.hpp"
#include "net/http.hpp"
#include "worker/requests.hpp"

namespace tandem::worker {

// Adds them to a request that has its body. `id` is that of what it carries, the same for every attempt; the time is
// the attempt's. An Error: there is no secret, or none that can be read.
std::optional<base::Error> sign(net::Request& request, const core::Signing& signing, const std::string& id,
                                base::Instant now, const Credentials& credentials);

}  // namespace tandem::worker
