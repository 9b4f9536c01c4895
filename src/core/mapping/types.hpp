// Which declared types can go into which columns, before any value is seen: the outline
// of the conversion rules (core/convert/convert.hpp) that validation warns and refuses by. A unit
// test holds it against the rules themselves.
#pragma once

#include <string_view>

#include "base/value.hpp"
#include "core/convert/convert.hpp"

namespace tandem::core {

enum class Fit { always, partly, never };

// Ordinary values are meant: an integer beyond 2^31 in an integer column, or a text longer
// than the column, is an error of its record and no reason to warn of every mapping.
[[nodiscard]] Fit fit(DeclaredType from, const base::ColumnType& into);
// The column type that takes every value of the declared type, for hints.
[[nodiscard]] std::string_view natural_type(DeclaredType type);

}  // namespace tandem::core
