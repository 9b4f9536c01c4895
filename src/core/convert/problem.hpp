// How a value that does not fit is put into words. Cold code, kept apart so that
// the conversions themselves stay small.
#pragma once

#include <string>
#include <string_view>

#include "core/codes.hpp"
#include "core/convert/convert.hpp"

namespace tandem::core {

// `number 3.5`, `text "abc"`, `object {"a":1}`: kind and a beginning of at most 60 characters, on one line.
[[nodiscard]] std::string shown(const base::Value& value);

// "<value> does not fit <type>: <why>": a TRANSFORM_ERROR, the type cannot represent the value.
[[nodiscard]] Problem cannot_convert(const char* code, const base::Value& value, const base::ColumnType& type,
                                     std::string_view why, std::string_view suggestion);
// The same as a VALIDATION_ERROR: the type could, but its limits forbid it.
[[nodiscard]] Problem beyond_limits(const char* code, const base::Value& value, const base::ColumnType& type,
                                    std::string_view why, std::string_view suggestion);
// "<value> is not a valid <declared type>: <why>", a VALIDATION_ERROR.
[[nodiscard]] Problem not_as_declared(const char* code, const base::Value& value, DeclaredType declared,
                                      std::string_view why);

}  // namespace tandem::core
