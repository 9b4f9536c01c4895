// Values into json, jsonb and array columns: JSON text is passed on as it came, text
// is quoted, arrays of scalars become the literal of a Postgres array.
#pragma once

#include <optional>
#include <string_view>

#include "base/value.hpp"
#include "core/convert/convert.hpp"

namespace tandem::core {

// The value as JSON text: strings are quoted, everything else is as it came.
[[nodiscard]] std::string_view json_text(const base::Value& value, base::TextArena& arena);
std::optional<Problem> to_json(const base::Value& value, const base::ColumnType& type, base::TextArena& arena,
                               base::Cell& cell);
std::optional<Problem> to_array(const base::Value& value, const base::ColumnType& type, base::TextArena& arena,
                                base::Cell& cell);

}  // namespace tandem::core
