// From "this page of that object" to an HTTP request: base URL, path, parameters,
// headers, credentials. The only place where an Api and its secrets meet.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "core/manifest/api.hpp"
#include "core/listing/paging.hpp"
#include "core/push/compose.hpp"
#include "net/http.hpp"

namespace tandem::worker {

using Credentials = std::vector<std::pair<std::string, base::Secret>>;

// `pool`: whose kept-alive connections it may use. A URL that a page gave must be on the same origin as base_url.
base::Result<net::Request> page_request(const core::Api& api, const core::PageRequest& page,
                                        const Credentials& credentials, const std::string& pool);

// The same of what goes out.
base::Result<net::Request> push_request(const core::Api& api, const core::OutRequest& out,
                                        const Credentials& credentials, const std::string& pool);

// What the administrator's settings allow at this moment. Throws Failure when tandem.allowed_networks cannot be read.
[[nodiscard]] net::Egress egress();

// Why no request may go to that API, as far as that can be told without DNS: plain http, an address that is refused.
[[nodiscard]] std::optional<base::Error> egress_problem(const core::Api& api);

// The secrets alone, for redaction.
[[nodiscard]] std::vector<base::Secret> secrets_of(const Credentials& credentials);

// What an error body says of itself: the text at message, error, detail, … cut and without secrets; empty if nothing.
[[nodiscard]] std::string said_in(const net::Response& response, const Credentials& credentials);

}  // namespace tandem::worker
