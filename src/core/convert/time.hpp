// Text into date, time, timetz, timestamp, timestamptz and interval. Never a guess: no zone
// for a text without one, no unit for a number, no half of a date-time dropped.
#pragma once

#include <optional>

#include "base/value.hpp"
#include "core/convert/convert.hpp"

namespace tandem::core {

std::optional<Problem> to_date(const base::Value& value, const base::ColumnType& type, base::Cell& cell);
std::optional<Problem> to_time(const base::Value& value, const base::ColumnType& type, base::Cell& cell);
std::optional<Problem> to_timetz(const base::Value& value, const base::ColumnType& type, base::Cell& cell);
std::optional<Problem> to_timestamp(const base::Value& value, const base::ColumnType& type, base::Cell& cell);
std::optional<Problem> to_timestamptz(const base::Value& value, const base::ColumnType& type, base::Cell& cell);
std::optional<Problem> to_interval(const base::Value& value, const base::ColumnType& type, base::Cell& cell);

}  // namespace tandem::core
