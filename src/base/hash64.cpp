// XXH64 (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md), written from its
// specification. The results are stored, so no line here may ever change a value.
#include "base/strings.hpp"

#include <bit>
#include <cstring>

namespace tandem::base {
namespace {

constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87, kPrime2 = 0xC2B2AE3D27D4EB4F, kPrime3 = 0x165667B19E3779F9,
                        kPrime4 = 0x85EBCA77C2B2AE63, kPrime5 = 0x27D4EB2F165667C5;
constexpr std::size_t kStripe = 32;

// Lanes are little-endian whatever the machine is.
std::uint64_t lane8(const char* at) noexcept {
  std::uint64_t lane = 0;
  std::memcpy(&lane, at, sizeof lane);
  if constexpr (std::endian::native == std::endian::big) lane = __builtin_bswap64(lane);
  return lane;
}

std::uint64_t lane4(const char* at) noexcept {
  std::uint32_t lane = 0;
  std::memcpy(&lane, at, sizeof lane);
  if constexpr (std::endian::native == std::endian::big) lane = __builtin_bswap32(lane);
  return lane;
}

std::uint64_t round(std::uint64_t accumulator, std::uint64_t lane) noexcept {
  return std::rotl(accumulator + lane * kPrime2, 31) * kPrime1;
}

std::uint64_t merge(std::uint64_t hash, std::uint64_t accumulator) noexcept {
  return (hash ^ round(0, accumulator)) * kPrime1 + kPrime4;
}

std::uint64_t stripes(const char*& at, const char* end, std::uint64_t seed) noexcept {
  std::uint64_t a = seed + kPrime1 + kPrime2, b = seed + kPrime2, c = seed, d = seed - kPrime1;
  for (; static_cast<std::size_t>(end - at) >= kStripe; at += kStripe) {
    a = round(a, lane8(at));
    b = round(b, lane8(at + 8));
    c = round(c, lane8(at + 16));
    d = round(d, lane8(at + 24));
  }
  const std::uint64_t hash = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
  return merge(merge(merge(merge(hash, a), b), c), d);
}

std::uint64_t remainder(std::uint64_t hash, const char* at, const char* end) noexcept {
  for (; end - at >= 8; at += 8) hash = std::rotl(hash ^ round(0, lane8(at)), 27) * kPrime1 + kPrime4;
  for (; end - at >= 4; at += 4) hash = std::rotl(hash ^ (lane4(at) * kPrime1), 23) * kPrime2 + kPrime3;
  for (; at != end; ++at) hash = std::rotl(hash ^ (static_cast<unsigned char>(*at) * kPrime5), 11) * kPrime1;
  return hash;
}

std::uint64_t avalanche(std::uint64_t hash) noexcept {
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

}  // namespace

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) noexcept {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  const std::uint64_t start = bytes.size() >= kStripe ? stripes(at, end, seed) : seed + kPrime5;
  return avalanche(remainder(start + bytes.size(), at, end));
}

}  // namespace tandem::base
