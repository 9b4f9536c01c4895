// The lexical rules of RFC 8259 that simdjson leaves to us: how a number is spelled,
// which escapes a string may hold and what they stand for. Works on single tokens;
// finding them is json_cursor's part.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/value.hpp"

namespace tandem::base {

[[nodiscard]] constexpr bool is_json_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
[[nodiscard]] constexpr bool is_json_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The end of the number that begins at `at`, or null if none does. Reads up to the
// first byte that cannot belong to it, so the text must end in one (padding will do).
[[nodiscard]] const char* scan_number(const char* at) noexcept;

// Whether every backslash of a string's inside begins a known escape.
[[nodiscard]] bool valid_escapes(std::string_view raw) noexcept;

// What a string's inside with valid escapes stands for, kept in the arena; nothing if
// that is no text: a lone surrogate or \u0000.
[[nodiscard]] std::optional<std::string_view> unescape(std::string_view raw, TextArena& arena);
[[nodiscard]] std::optional<std::string> unescape(std::string_view raw);

// Appends `text`, which is UTF-8, as a JSON string: quoted, and escaped where it must be.
void append_json_string(std::string& out, std::string_view text);
// The same without the quotes: a part of a string.
void append_json_inside(std::string& out, std::string_view text);

}  // namespace tandem::base
