// Which addresses a request may go to: everything public, and private, loopback,
// link-local or otherwise special ranges only when the administrator listed them
// (tandem.allowed_networks). Checked after DNS and before connect, failing closed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"

struct sockaddr;

namespace tandem::net {

using Address = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

// "127.0.0.0/8, ::1, 10.1.2.0/24". A network of IPv6 (::/0, say) never covers IPv4.
class NetworkList {
 public:
  static base::Result<NetworkList> parse(std::string_view text);  // empty text: empty list
  // Every address of this host's own interfaces, public ones too: what listens there may trust
  // whoever comes from the host itself.
  static base::Result<NetworkList> own_addresses();
  [[nodiscard]] bool contains(const Address& address) const noexcept;

 private:
  struct Network {
    Address prefix;
    int bits;
  };
  std::vector<Network> networks_;
};

// True when a connection to the address may be made: it is listed in `allowed`, or it is public
// and not in `own`. Unknown families are refused.
[[nodiscard]] bool address_allowed(const sockaddr* address, const NetworkList& allowed,
                                   const NetworkList& own = {}) noexcept;

// The same of a host that is an address itself, brackets and all; nullopt: it is a name, which only DNS can tell.
[[nodiscard]] std::optional<bool> literal_allowed(std::string_view host, const NetworkList& allowed);

}  // namespace tandem::net
