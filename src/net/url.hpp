// URLs, parsed and rebuilt by curl's own parser so that what is checked is what is sent.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tandem::net {

struct Url {
  std::string scheme, host,
      port;                // host: lower case, IPv6 in brackets; port: always set, the scheme's default if absent
  std::string path = "/";  // percent-encoded as sent
  std::string query;       // without '?'
  [[nodiscard]] std::string origin() const;  // https://host[:port]
  [[nodiscard]] std::string text() const;
};

// Absolute http(s) URL. Refused with a reason: other schemes, userinfo, control characters, > 8 KB, no host.
base::Result<Url> parse_url(std::string_view text);
// `reference` (absolute or relative, as a Link header or a body gives it) seen from `base`; the result must be on
// the same origin as `base` (invalid_parameter otherwise: a page must not send us elsewhere).
base::Result<Url> resolve_same_origin(const Url& base, std::string_view reference);
// Appends parameters to the query, encoded, in their order; what the query had under the same names goes.
void set_params(Url& url, const std::vector<std::pair<std::string, std::string>>& params);
void drop_param(Url& url, std::string_view name);  // every one of that name
// RFC 8288: the target of the first link with rel=next, empty if none. Handles quoted strings, several rels, several
// links.
[[nodiscard]] std::string link_next(std::string_view header_value);

}  // namespace tandem::net
