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
inline constexpr const char* kStampUnfit = "TD547";      // the column's type cannot hold what it is to be stamped with
inline constexpr const char* kChain = "TD546";           // follow_ups, after: a mapping or function that is not there
inline constexpr const char* kPrivilege = "TD548";       // the owner lacks a right beside those on the table itself
inline constexpr const char* kTableRefuses = "TD549";  // the table as it is refuses rows, keeps them out, or loses them
inline constexpr const char* kNotReady = "TD807";  // the definition is fine, and no run can do anything as things stand
inline constexpr const char* kReferenceUnknown = "TD550";    // no such mapping (yet)
inline constexpr const char* kReferenceKey = "TD551";        // which column of its table is meant cannot be told
inline constexpr const char* kReferencePrivilege = "TD552";  // the owner may not read that table
inline constexpr const char* kReferenceUnfound = "TD553";    // its rows cannot be found by the ids of their records
inline constexpr const char* kChildTable = "TD560";          // a nested array: table, parent or key cannot be used
inline constexpr const char* kChildIndex = "TD561";          // its rows are found by reading the whole child table
inline constexpr const char* kUnusable =
    "TD527";  // connection, table or owner that is named is missing or cannot be used
inline constexpr const char* kBadCondition = "TD528";       // conditions: no JSON Logic
inline constexpr const char* kConstantCondition = "TD529";  // conditions that look at no field
inline constexpr const char* kBadFilter = "TD530";          // options.filters: a value that nothing can equal
inline constexpr const char* kUnseenFilter = "TD531";       // conditions or filters name a field not seen by discovery
inline constexpr const char* kDeletesUnusable = "TD532";    // delete_mode or verify cannot do what they say here
inline constexpr const char* kSoftColumns = "TD533";        // soft_delete_columns: missing, or columns that do not fit
inline constexpr const char* kFullEvery = "TD534";          // full_every where every run is a full one

inline constexpr const char* kWrongTransform = "TD535";  // no such transform, or not with such an argument
inline constexpr const char* kTransformOrder = "TD536";  // a step that cannot come after one of the database's
inline constexpr const char* kSqlRefused = "TD537";      // not one expression over value and record
inline constexpr const char* kSqlType = "TD538";         // the result of the SQL does not go into the column
inline constexpr const char* kFunctionUnusable = "TD539";
inline constexpr const char* kLookupUnusable = "TD540";
inline constexpr const char* kDirectionUnused = "TD541";  // a column of the other direction
inline constexpr const char* kNotInvertible = "TD542";    // to_local cannot be turned around, and there is no to_remote
inline constexpr const char* kNoRowKey = "TD570";         // push: the table has nothing that tells its rows apart
inline constexpr const char* kNotPushed = "TD571";        // push: a column or array that cannot be sent
inline constexpr const char* kNoCall = "TD572";           // push: the object has no call for what the mapping does
inline constexpr const char* kNeverSent = "TD573";        // push: a field that the other side sets
inline constexpr const char* kFieldWanted = "TD574";      // push: requests need a field that no column gives
inline constexpr const char* kDetailUnusable = "TD543";   // a detail of a column that can never take effect

}  // namespace tandem::core::mapping_code
