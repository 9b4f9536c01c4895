// Escapes that no text of the database can hold (\u0000, half of a surrogate pair), for
// columns that would rather have U+FFFD in their place than lose the record
// ("bad_text": "replace").
#pragma once

#include "base/value.hpp"

namespace tandem::core {

// A broken string becomes text; strings inside of objects and arrays are put right in their JSON. Everything
// else stays as it is.
[[nodiscard]] base::Value with_bad_text_replaced(const base::Value& value, base::TextArena& arena);

// The code unit of the \uXXXX that begins at `at`; 0, which no text can hold, if there is none.
[[nodiscard]] unsigned code_unit_at(std::string_view json, std::size_t at) noexcept;

}  // namespace tandem::core
