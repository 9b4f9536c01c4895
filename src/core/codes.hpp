// The stable codes and classes of what can go wrong, as sync_errors and recent_runs show
// them and doc/errors.md explains them. A code never changes its meaning and is never used
// again for another one: TD1xx values, TD2xx network, TD3xx HTTP, TD4xx database, TD6xx
// reported, TD7xx owners, TD8xx runs that cannot begin or go on, TD9xx ourselves. TD5xx,
// definitions, stand in schema_check.hpp and mapping_codes.hpp.
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
inline constexpr const char* kNotJudged = "TD111";      // conditions cannot be evaluated for the record

inline constexpr const char* kUnmapped = "TD112";         // a value that the column's map or lookup does not know
inline constexpr const char* kTransformKind = "TD113";    // a kind of value that a transform cannot take
inline constexpr const char* kTransformFormat = "TD114";  // text that is not written as a transform says
inline constexpr const char* kTransformFailed = "TD115";  // the SQL of a transform raised an error
inline constexpr const char* kNoElements =
    "TD120";  // what goes into a child table is no array, or an element no object
inline constexpr const char* kSameElement = "TD121";  // two elements of an array have the same key

inline constexpr const char* kNoForm = "TD122";  // a local value that nobody else would read as the same

inline constexpr const char* kUnreachable = "TD201";     // no connection, or it broke
inline constexpr const char* kTimedOut = "TD202";        // no answer, or not all of it, in the time allowed
inline constexpr const char* kAddressRefused = "TD203";  // we may not go there: private address, plain http
inline constexpr const char* kTooLarge = "TD204";        // an answer or a listing beyond our limits
inline constexpr const char* kUnreadable = "TD205";      // an answer that is not the page of records it should be
inline constexpr const char* kPageRepeated = "TD206";    // a page, its token or its URL was given before
inline constexpr const char* kNoProgress = "TD207";      // the cursor of the last record does not get on
inline constexpr const char* kCeiling = "TD208";         // max_pages, max_records, max_bytes or max_time of a run
inline constexpr const char* kListingLost = "TD209";     // page token or cursor expired, again and again
inline constexpr const char* kNoDeltaToken = "TD210";    // a listing ended without the token that the next one needs
inline constexpr const char* kNoParentValue = "TD211";   // a parent without the field that names its records

inline constexpr const char* kAuthRefused = "TD301";      // 401, 403, or there are no credentials to send
inline constexpr const char* kTooManyRequests = "TD302";  // 429
inline constexpr const char* kRedirected = "TD303";       // 3xx: not followed
inline constexpr const char* kNotFound = "TD304";         // 404, 410
inline constexpr const char* kRequestRefused = "TD305";   // any other answer that is no success
inline constexpr const char* kServerFailed = "TD306";     // 5xx, 408, 425: it may work later

inline constexpr const char* kNotSendable =
    "TD310";  // the request needs what the change does not have: id, key, a field
inline constexpr const char* kTooLargeToSend = "TD311";   // one record alone is more than the other side takes
inline constexpr const char* kRecordRefused = "TD312";    // the other side does not take the record
inline constexpr const char* kUnknownOutcome = "TD313";   // sent, and nothing says what became of it
inline constexpr const char* kVersionConflict = "TD314";  // the record was changed there since we saw it
inline constexpr const char* kRecordGone = "TD315";       // what is to be updated is not there any more
inline constexpr const char* kRecordExists = "TD316";     // what is to be created is there already
inline constexpr const char* kResultsUnfit = "TD317";     // the results of a batch do not fit what was sent
inline constexpr const char* kNoIdGiven = "TD318";        // it was created, and the answer has no id
inline constexpr const char* kUnwanted = "TD319";         // 410 of the place itself: nothing is wanted there any more
inline constexpr const char* kToAndFro = "TD320";  // what was sent is changed there and changed back here, too often

inline constexpr const char* kNotNull = "TD401";          // 23502
inline constexpr const char* kNotUnique = "TD402";        // 23505
inline constexpr const char* kNoParent = "TD403";         // 23503: a foreign key
inline constexpr const char* kCheckFailed = "TD404";      // 23514, and what else class 23 and 44 hold
inline constexpr const char* kOverlaps = "TD405";         // 23P01: an exclusion constraint
inline constexpr const char* kTypeRefused = "TD406";      // class 22: the column's type does not take the value
inline constexpr const char* kTriggerRefused = "TD407";   // P0, 09, 38, 39: a trigger raised an error
inline constexpr const char* kNotPermitted = "TD408";     // 42501: a policy, a missing privilege
inline constexpr const char* kLocked = "TD409";           // 40001, 40P01, 55P03: somebody else was in the way
inline constexpr const char* kKeptOut = "TD411";          // a trigger or a policy did not let rows in, without an error
inline constexpr const char* kDatabase = "TD410";         // any other SQLSTATE
inline constexpr const char* kDeletesHeldBack = "TD412";  // more rows would have gone than the brake allows
inline constexpr const char* kNoProof = "TD413";  // the listing does not prove what is gone: nothing was deleted
inline constexpr const char* kStillReferenced = "TD414";  // a constraint does not let the row of a gone record go
inline constexpr const char* kFeedGap = "TD415";          // a feed of deletions does not tell all that is gone
inline constexpr const char* kSameRow = "TD416";          // another record of the page has the row
inline constexpr const char* kNotAskedFor = "TD417";      // listings do not ask for records any more: their rows stay
inline constexpr const char* kWaits = "TD425";            // the record it refers to is not there yet: it waits for it
inline constexpr const char* kNoReferred = "TD426";  // the record it refers to is not there, which is an error here

inline constexpr const char* kCannotWrite = "TD431";     // the object has no call for what is to be done
inline constexpr const char* kNotWrittenBack = "TD432";  // accepted, but what came back does not fit the row

inline constexpr const char* kSourceKeys = "TD433";   // rows of a source_query that its key does not tell apart
inline constexpr const char* kSourceFails = "TD434";  // a source_query that cannot be run any more, or raises an error

inline constexpr const char* kReported = "TD601";  // record_sync_error(): found by an application

inline constexpr const char* kOwnerGone = "TD701";         // the role that owns the mapping does not exist any more
inline constexpr const char* kOwnerCannotLogIn = "TD702";  // PostgreSQL 15 lets no worker connect as it
inline constexpr const char* kCrashes = "TD704";           // workers were lost over one page again and again
inline constexpr const char* kOwnerIsSuperuser = "TD703";  // and tandem.allow_superuser_mappings is off

inline constexpr const char* kUnusable = "TD801";      // mapping or connection cannot be used as it is
inline constexpr const char* kTableChanged = "TD802";  // class 42: the table has changed under the mapping

inline constexpr const char* kDifferences = "TD808";  // verify_now found differences, or could not look for all of them

inline constexpr const char* kFollowUpFailed = "TD806";  // the run got to its end, what was to follow it did not

inline constexpr const char* kColumnGone = "TD811";  // a column that the mapping writes was dropped
inline constexpr const char* kTableGone = "TD812";   // the table was dropped

inline constexpr const char* kInternal = "TD901";  // a mistake of ours
}  // namespace code

// The classes: error_type of sync_errors and recent_runs.
namespace error_type {
inline constexpr const char* kValidation = "VALIDATION_ERROR";  // the value breaks a rule: declared type, length, range
inline constexpr const char* kTransform = "TRANSFORM_ERROR";    // the value cannot be converted to the column's type
inline constexpr const char* kApi = "API_ERROR";                // the other side answered, but not with records
inline constexpr const char* kRateLimit = "RATE_LIMIT";         // the other side wants fewer requests
inline constexpr const char* kNetwork = "NETWORK_ERROR";        // there was no answer
inline constexpr const char* kAuth = "AUTH_ERROR";              // the other side does not accept who we say we are
inline constexpr const char* kDatabase = "DATABASE_ERROR";      // Postgres refused to write
inline constexpr const char* kConflict = "CONFLICT";            // both sides changed the record
inline constexpr const char* kSchemaChange = "SCHEMA_CHANGE";   // table and mapping no longer fit
inline constexpr const char* kSystem = "SYSTEM_ERROR";          // none of the above: the installation, or we
}  // namespace error_type

}  // namespace tandem::core
