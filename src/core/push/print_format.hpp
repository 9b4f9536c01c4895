// Dates and numbers written as a format says: the way back of {"date_format"} and
// {"number_format"}. What is written is read again, and has to give the same value: a
// pattern without seconds takes no value that has some.
#pragma once

#include <string_view>

#include "base/value.hpp"
#include "core/convert/date_pattern.hpp"

namespace tandem::core {

// `value` is an ISO date, time or both; nullptr, or why it cannot be written so. `offset`: that of the written time,
// where the pattern has none.
[[nodiscard]] const char* print_date(const DatePattern& pattern, std::string_view offset, base::Value& value,
                                     base::TextArena& arena);
// 1234.5 as "1.234,5".
[[nodiscard]] const char* print_number(std::string_view decimal, std::string_view group, base::Value& value,
                                       base::TextArena& arena);
// A number without an exponent: 1.5e3 as 1500; as it is where that would be too long.
[[nodiscard]] std::string plain_digits(std::string_view number);

}  // namespace tandem::core
