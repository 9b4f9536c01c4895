// The stable codes and classes of what can go wrong, as sync_errors shows them and
// doc/errors.md explains them. A code never changes its meaning and is never used
// again for another one; TD1xx values, TD2xx network, TD3xx HTTP, TD4xx database,
// TD5xx definitions and schemas, TD9xx ourselves.
#pragma once

namespace tandem::core {

namespace code {
inline constexpr const char* kWrongKind = "TD101";        // a kind that the column or the declared type cannot take
inline constexpr const char* kOutOfRange = "TD102";       // a number or a time beyond what the column can hold
inline constexpr const char* kRequiredMissing = "TD103";  // a required field is absent or null
inline constexpr const char* kNoId = "TD104";             // the record has no id (a field of its key is absent or null)
inline constexpr const char* kTooLong = "TD105";          // more characters than the column allows
inline constexpr const char* kNotATime = "TD106";  // text that is not a valid date, time or interval for the column
inline constexpr const char* kNotExact = "TD107";  // the column could hold it only rounded
inline constexpr const char* kInvalidFormat = "TD108";  // text that is not of the declared type
inline constexpr const char* kNotText = "TD109";        // a string with \u0000 or half a surrogate pair
inline constexpr const char* kArrayElement = "TD110";   // an element of an array does not fit
}  // namespace code

// The classes: error_type of sync_errors.
namespace error_type {
inline constexpr const char* kValidation = "VALIDATION_ERROR";  // the value breaks a rule: declared type, length, range
inline constexpr const char* kTransform = "TRANSFORM_ERROR";    // the value cannot be converted to the column's type
}  // namespace error_type

}  // namespace tandem::core
