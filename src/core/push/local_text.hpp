// A column's value as Postgres prints it (ISO dates, UTC, intervals in style postgres, bytea in
// hex), seen as the JSON value that a pull would take for it: a number keeps its digits, a moment
// is ISO 8601, an array is a JSON array. What others could not read as the same value (NaN,
// infinity, years before 1) is told, not guessed.
#pragma once

#include <optional>
#include <string_view>

#include "base/value.hpp"
#include "core/convert/convert.hpp"

namespace tandem::core {

// nullopt: `value` is set; its text lies in `text` or in `arena`. As text alone a value that has no other form goes
// out as Postgres writes it: `as_text`.
std::optional<Problem> value_of_text(std::string_view text, const base::ColumnType& type, bool as_text,
                                     base::TextArena& arena, base::Value& value);

}  // namespace tandem::core
