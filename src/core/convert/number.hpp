// Numbers, as JSON numbers or as text that reads as one, into the number types.
#pragma once

#include <optional>

#include "base/value.hpp"
#include "core/convert/convert.hpp"

namespace tandem::core {

std::optional<Problem> to_integer(const base::Value& value, const base::ColumnType& type, base::Cell& cell);
std::optional<Problem> to_oid(const base::Value& value, const base::ColumnType& type, base::Cell& cell);
std::optional<Problem> to_numeric(const base::Value& value, const base::ColumnType& type, base::Cell& cell);
std::optional<Problem> to_real(const base::Value& value, const base::ColumnType& type, base::Cell& cell);

}  // namespace tandem::core
