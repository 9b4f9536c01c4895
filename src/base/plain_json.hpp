// JSON text whose strings stand for themselves: objects and arrays without escapes, of
// modest depth and width. What is plain can be turned into another form by looking at
// its parts in place, without a parser's tokens and copies; what is not goes the
// general way. Nearly all JSON that APIs nest in a record is plain.
#pragma once

#include <cstddef>
#include <string_view>

namespace tandem::base {

inline constexpr std::size_t kPlainFields = 64;  // of one object

// Views into the text. `value` is raw JSON: its first byte tells what it is.
struct PlainField {
  std::string_view key, value;
};

// Whether `json` is a well-formed plain object or array (RFC 8259) from its first byte to its last.
[[nodiscard]] bool is_plain_json(std::string_view json) noexcept;

// The fields of a plain object in the order of jsonb: shorter keys first, then by their bytes; a key that is there
// twice stands twice, in the order of the text. `fields` has room for kPlainFields; gives how many there are.
[[nodiscard]] std::size_t plain_fields(std::string_view object, PlainField* fields) noexcept;

// Takes the next element off `rest`, which begins as the inside of a plain array; empty at the end.
[[nodiscard]] std::string_view next_plain_element(std::string_view& rest) noexcept;

}  // namespace tandem::base
