// A hash of JSON text that does not depend on the order of keys, nor on white space, so
// that a server that writes an object down in another order has not changed it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem::core {

// `json` is an RFC 8259 value, as the page reader lets it through. Numbers and strings count as they are written.
[[nodiscard]] std::uint64_t json_hash(std::string_view json, std::uint64_t seed) noexcept;

}  // namespace tandem::core
