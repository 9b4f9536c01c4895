#include "net/address.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "base/strings.hpp"

namespace tandem::net {
namespace {

constexpr int kAddressBits = 128;
constexpr int kMappedBits = 96;  // length of ::ffff:0:0/96, under which IPv4 is held
constexpr Address kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr Address kNat64 = {0x00, 0x64, 0xff, 0x9b};  // 64:ff9b::/96: IPv4 behind a translator

struct V4Range {
  std::uint8_t a, b, c, d;
  int bits;
};

// IANA's special-purpose registry, and the metadata address that Azure has outside of it.
constexpr std::array kSpecialV4 = {
    V4Range{0, 0, 0, 0, 8},       V4Range{10, 0, 0, 0, 8},     V4Range{100, 64, 0, 0, 10},
    V4Range{127, 0, 0, 0, 8},     V4Range{169, 254, 0, 0, 16}, V4Range{172, 16, 0, 0, 12},
    V4Range{192, 0, 0, 0, 24},    V4Range{192, 0, 2, 0, 24},   V4Range{192, 88, 99, 0, 24},
    V4Range{192, 168, 0, 0, 16},  V4Range{198, 18, 0, 0, 15},  V4Range{198, 51, 100, 0, 24},
    V4Range{203, 0, 113, 0, 24},  V4Range{224, 0, 0, 0, 4},    V4Range{240, 0, 0, 0, 4},
    V4Range{168, 63, 129, 16, 32}};

struct V6Range {
  Address prefix;
  int bits;
};

// Global unicast is all that may be public; these parts of it are not. 6to4 and Teredo carry an
// IPv4 address that nobody needs to reach this way, so they are refused without looking inside.
constexpr V6Range kGlobalUnicast = {{0x20}, 3};
constexpr std::array kSpecialV6 = {
    V6Range{{0x20, 0x01, 0x00, 0x00}, 23},  // IETF protocol assignments, Teredo among them
    V6Range{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    V6Range{{0x20, 0x02}, 16},              // 6to4
    V6Range{{0x3f, 0xff, 0x00}, 20},        // documentation
};

bool same_prefix(const Address& left, const Address& right, int bits) noexcept {
  const auto bytes = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(left.data(), right.data(), bytes) != 0) return false;
  const int rest = bits % 8;
  return rest == 0 || ((left[bytes] ^ right[bytes]) >> (8 - rest)) == 0;
}

bool is_v4(const Address& address) noexcept { return same_prefix(address, kMapped, kMappedBits); }

Address mapped(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) noexcept {
  Address out = kMapped;
  out[12] = a, out[13] = b, out[14] = c, out[15] = d;
  return out;
}

bool special(const Address& address) noexcept {
  if (is_v4(address)) {
    return std::any_of(kSpecialV4.begin(), kSpecialV4.end(), [&](const V4Range& range) {
      return same_prefix(address, mapped(range.a, range.b, range.c, range.d), kMappedBits + range.bits);
    });
  }
  if (!same_prefix(address, kGlobalUnicast.prefix, kGlobalUnicast.bits)) return true;
  return std::any_of(kSpecialV6.begin(), kSpecialV6.end(),
                     [&](const V6Range& range) { return same_prefix(address, range.prefix, range.bits); });
}

std::optional<Address> address_of(const sockaddr* address) noexcept {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    Address out = kMapped;
    std::memcpy(out.data() + 12, &v4.sin_addr, 4);
    return out;
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    Address out{};
    std::memcpy(out.data(), &v6.sin6_addr, out.size());
    return out;
  }
  return std::nullopt;
}

struct ParsedNetwork {
  Address prefix;
  int bits;
};

std::optional<ParsedNetwork> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const std::string host(text.substr(0, slash));
  Address prefix = kMapped;
  const bool v4 = inet_pton(AF_INET, host.c_str(), prefix.data() + 12) == 1;
  if (!v4 && inet_pton(AF_INET6, host.c_str(), prefix.data()) != 1) return std::nullopt;
  const int longest = v4 ? kAddressBits - kMappedBits : kAddressBits;
  int bits = longest;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (code != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (digits.front() == '-' || bits > longest) return std::nullopt;
  }
  return ParsedNetwork{prefix, v4 ? bits + kMappedBits : bits};
}

bool bits_beyond(const ParsedNetwork& network) noexcept {
  for (int bit = network.bits; bit < kAddressBits; ++bit) {
    if ((network.prefix[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8)) & 1) return true;
  }
  return false;
}

}  // namespace

base::Result<NetworkList> NetworkList::parse(std::string_view text) {
  NetworkList list;
  if (base::trim(text).empty()) return list;
  for (const auto& piece : base::split(text, ',')) {
    const auto entry = base::trim(piece);
    const auto network = parse_network(entry);
    if (!network) {
      return base::Error{base::Errc::invalid_parameter,
                         base::strcat("\"", entry, "\" is not a network"),
                         {},
                         "Write networks as 10.1.2.0/24, 192.168.1.7 or fd00::/8, separated by commas."};
    }
    // 10.1.2.3/24 may mean the host or its network: the wider reading must not be taken silently.
    if (bits_beyond(*network)) {
      return base::Error{base::Errc::invalid_parameter,
                         base::strcat("network \"", entry, "\" has bits set to the right of its mask"),
                         {},
                         "Write the first address of the network, or leave out the mask for a single address."};
    }
    list.networks_.push_back({network->prefix, network->bits});
  }
  return list;
}

base::Result<NetworkList> NetworkList::own_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) {
    return base::Error{base::Errc::internal,
                       base::strcat("could not list this host's addresses: ", std::system_category().message(errno))};
  }
  struct Free {
    void operator()(ifaddrs* list) const noexcept { freeifaddrs(list); }
  };
  const std::unique_ptr<ifaddrs, Free> owner(first);
  NetworkList list;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (const auto address = address_of(each->ifa_addr)) list.networks_.push_back({*address, kAddressBits});
  }
  return list;
}

bool NetworkList::contains(const Address& address) const noexcept {
  const int least_bits = is_v4(address) ? kMappedBits : 0;
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return network.bits >= least_bits && same_prefix(address, network.prefix, network.bits);
  });
}

bool address_allowed(const sockaddr* address, const NetworkList& allowed, const NetworkList& own) noexcept {
  const auto outer = address_of(address);
  if (!outer) return false;
  if (allowed.contains(*outer)) return true;
  // Behind NAT64 it is the IPv4 address inside that is reached.
  Address target = *outer;
  if (same_prefix(target, kNat64, kMappedBits)) {
    target = mapped(target[12], target[13], target[14], target[15]);
    if (allowed.contains(target)) return true;
  }
  return !special(target) && !own.contains(target);
}

std::optional<bool> literal_allowed(std::string_view host, const NetworkList& allowed) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string text(host);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1)
    return address_allowed(reinterpret_cast<const sockaddr*>(&v4), allowed);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1)
    return address_allowed(reinterpret_cast<const sockaddr*>(&v6), allowed);
  return std::nullopt;
}

}  // namespace tandem::net
