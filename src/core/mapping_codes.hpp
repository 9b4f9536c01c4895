// Stable codes of what can be wrong with a mapping's definition (doc/errors.md). TD501
// to TD504, which any definition can earn, stand in schema_check.hpp. A code never
// changes its meaning and is never used again for another one.
#pragma once

namespace tandem::core::mapping_code {

inline constexpr const char* kUnknownObject = "TD505";  // the connection has no such object
inline constexpr const char* kNoColumns = "TD506";      // nothing is mapped, and nothing could be mapped by name
inline constexpr const char* kAmbiguousName = "TD507";  // several fields would go into one column by name
inline constexpr const char* kNoCursor = "TD508";  // incremental without a cursor, or a cursor field that is not used
inline constexpr const char* kOptionUnusable = "TD509";   // an option that this object's paging or parameters make void
inline constexpr const char* kTargetKind = "TD510";       // a view, foreign table, ...
inline constexpr const char* kUnknownColumn = "TD511";    // the target has no such column
inline constexpr const char* kDuplicateColumn = "TD512";  // two fields into one column
inline constexpr const char* kUnwritableColumn = "TD513";  // generated, or identity always
inline constexpr const char* kNotNullUnmapped = "TD514";   // NOT NULL without default gets no value
inline constexpr const char* kNotNullNullable = "TD515";   // NOT NULL column, field that may be null
inline constexpr const char* kTypeNeverFits = "TD516";     // no value of the field can go into the column
inline constexpr const char* kTypeMayNotFit = "TD517";     // some values may not
inline constexpr const char* kDefaultUnfit = "TD518";    // "default" does not go into the column, or can never be used
inline constexpr const char* kUnknownField = "TD519";    // discovery has not seen the field
inline constexpr const char* kKeyUnmapped = "TD520";     // a key field goes into no column
inline constexpr const char* kMatchUnusable = "TD521";   // match_on: no such column, not mapped, or no meaning
inline constexpr const char* kNoUniqueIndex = "TD522";   // no unique index on exactly the match columns
inline constexpr const char* kOtherUniqueKey = "TD523";  // another unique index can refuse rows
inline constexpr const char* kForeignKey = "TD524";      // a foreign key can refuse rows
inline constexpr const char* kMatchNullable = "TD525";   // a null in a match column never matches
inline constexpr const char* kNotDiscovered = "TD526";   // fields and types could not be checked
inline constexpr const char* kUnusable =
    "TD527";  // connection, table or owner that is named is missing or cannot be used

}  // namespace tandem::core::mapping_code
