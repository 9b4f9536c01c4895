// The conversion rules (doc/values.md): a remote value either goes into a column
// exactly, or is reported. Never rounded, guessed, cut or shifted. Pure, and on the
// path of every value of every row: no allocation unless text must be rewritten.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/value.hpp"

namespace tandem::core {

// Types of sql.md that a column mapping may declare; `none` follows the column.
enum class DeclaredType {
  none,
  string,
  number,
  integer,
  boolean,
  date,
  date_time,
  json,
  array,
  image_uri,
  uri,
  email_address,
  uuid
};
[[nodiscard]] std::optional<DeclaredType> declared_type(std::string_view name);  // also datetime, bool
[[nodiscard]] std::string_view declared_type_name(DeclaredType type);            // "" of none

// Why a value does not fit. Codes are stable (core/codes.hpp, doc/errors.md).
struct Problem {
  const char* code = nullptr;        // "TD101"
  const char* error_type = nullptr;  // "VALIDATION_ERROR" or "TRANSFORM_ERROR"
  std::string message;     // "number 3.5 does not fit integer: it is not a whole number"; the caller knows the names
                           // and puts "field Qty, column qty: " before it
  std::string suggestion;  // sentences, what a person can do
};

// Converts `value` for a column; nullopt: `cell` is set. Absent and null give a null cell (the caller decides
// beforehand about required and default), broken text is a problem. `type.length`, `precision` and `scale` of an
// array are those of its elements; `precision` of time, timestamp, timestamptz and interval is the number of
// fractional digits, -1 when the type has none given.
// Text in the cell borrows from `value` or from `arena`.
std::optional<Problem> convert(const base::Value& value, const base::ColumnType& type, DeclaredType declared,
                               base::TextArena& arena, base::Cell& cell);

}  // namespace tandem::core
