// Small text tools that std lacks in GCC 12.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::base {

namespace detail {
inline void append(std::string& out, std::string_view piece) { out.append(piece); }
inline void append(std::string& out, char piece) { out.push_back(piece); }
template <std::integral T>
requires(!std::same_as<T, char> && !std::same_as<T, bool>) void append(std::string& out, T piece) {
  out.append(std::to_string(piece));
}
}  // namespace detail

// strcat("page ", 3, " of ", name): std::format is not in GCC 12.
template <class... Pieces>
[[nodiscard]] std::string strcat(const Pieces&... pieces) {
  std::string out;
  (detail::append(out, pieces), ...);
  return out;
}

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);  // ASCII
// "createdAt", "Created At", "created-at" -> "created_at": how a remote field becomes a column name.
// "userIDs" -> "user_ids"; a name without any letter or digit becomes "_".
[[nodiscard]] std::string snake_case(std::string_view text);
// The choice nearest to `word` by edit distance without regard to case, or empty when none is near
// (> 1/3 of its length + 1).
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> choices);
// The first `length` bytes of foreign bytes for a message: runs of space as one, "?" for what is not ASCII.
[[nodiscard]] std::string printable_excerpt(std::string_view bytes, std::size_t length);
[[nodiscard]] bool valid_utf8(std::string_view text) noexcept;
[[nodiscard]] std::size_t invalid_utf8_at(std::string_view text) noexcept;     // byte position, npos if all is valid
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;         // code points
[[nodiscard]] char* write_utf8(std::uint32_t code_point, char* out) noexcept;  // 1 to 4 bytes; the end of them
// 8-byte hash for change detection (stable across releases and machines: it is stored).
[[nodiscard]] std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) noexcept;

}  // namespace tandem::base
