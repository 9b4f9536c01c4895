#include "base/uuid.hpp"

#include <sys/random.h>

#include <array>

#include "base/error.hpp"

namespace tandem::base {

std::string_view random_uuid(TextArena& arena) {
  std::array<unsigned char, 16> bytes;
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw Failure(Errc::internal, "the system gives no random bytes");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);  // version
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);  // variant
  constexpr const char* kDigits = "0123456789abcdef";
  char* out = arena.reserve(36);
  std::size_t length = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out[length++] = '-';
    out[length++] = kDigits[bytes[i] >> 4];
    out[length++] = kDigits[bytes[i] & 0x0F];
  }
  return arena.commit(length);
}

}  // namespace tandem::base
