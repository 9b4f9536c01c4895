// A request as it may be shown before it is sent: as JSON, with everything that the other
// side would see but the secrets.
#pragma once

#include <cstddef>
#include <string>

#include "core/push/compose.hpp"
#include "net/http.hpp"

namespace tandem::worker {

// {"request": number, "method", "url", "headers", "body"}; one of several records has "record" and "records", too.
// `out`: what the request was made of. `body`: its body as JSON; empty: there is none.
[[nodiscard]] std::string shown_request(const net::Request& request, const core::OutRequest& out, std::size_t number,
                                        const std::string& body);
// Of another record of the same request.
[[nodiscard]] std::string shown_part(std::size_t number, std::size_t record);

}  // namespace tandem::worker
