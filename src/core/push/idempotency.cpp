#include "core/push/idempotency.hpp"

#include "base/strings.hpp"

namespace tandem::core {

// Keys are compared across releases, for attempts may outlive one: no line here may ever change a value.
std::string idempotency_key(std::string_view mapping_uuid, std::string_view row_key, std::int64_t version) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::uint64_t kFirst = 0x74616e64656d2d31, kSecond = 0x74616e64656d2d32;
  // Lengths in front: no two triples make up the same text.
  const std::string text = base::strcat(mapping_uuid.size(), ':', mapping_uuid, row_key.size(), ':', row_key, version);
  std::string out = "tandem-";
  for (const std::uint64_t seed : {kFirst, kSecond}) {
    const std::uint64_t hash = base::hash64(text, seed);
    for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kHex[hash >> shift & 15]);
  }
  return out;
}

}  // namespace tandem::core
