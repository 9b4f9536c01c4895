#include "core/rows/failures.hpp"

#include "base/strings.hpp"
#include "core/codes.hpp"

namespace tandem::core {

using base::strcat;

RunFailure failure_of_status(int status, std::string_view object, std::string_view said) {
  RunFailure failure;
  const std::string tail = said.empty() ? std::string() : strcat(": ", said);
  failure.message = strcat("the other side answered ", status, " when asked for ", object, tail);
  failure.error_type = error_type::kApi;
  failure.retryable = false;
  if (status == 401 || status == 403) {
    failure.error_type = error_type::kAuth;
    failure.code = code::kAuthRefused;
    failure.suggestion = "Check the credentials and what they may read, then tandem.set_credentials(...).";
  } else if (status == 429) {
    failure.error_type = error_type::kRateLimit;
    failure.code = code::kTooManyRequests;
    failure.suggestion = "The other side asks for fewer calls: run less often or lower max_in_flight.";
    failure.retryable = true;
  } else if (status >= 300 && status < 400) {
    failure.code = code::kRedirected;
    failure.suggestion = "Redirects are not followed: put the final address into base_url or the object's path.";
  } else if (status == 404 || status == 410) {
    failure.code = code::kNotFound;
    failure.suggestion = "Check base_url and the object's path.";
  } else if (status >= 500 || status == 408 || status == 425) {
    failure.code = code::kServerFailed;
    failure.suggestion = "The other side has a problem of its own: the next run goes on from this page.";
    failure.retryable = true;
  } else {
    failure.code = code::kRequestRefused;
    failure.suggestion = "Check the object's path and parameters against the API's documentation.";
  }
  return failure;
}

namespace {

struct ErrorRule {
  const char* error_type;
  const char* code;
  bool retryable;
};

ErrorRule rule_of(base::Errc errc) {
  using base::Errc;
  switch (errc) {
    case Errc::connection_failure:
      return {error_type::kNetwork, code::kUnreachable, true};
    case Errc::timed_out:
      return {error_type::kNetwork, code::kTimedOut, true};
    case Errc::insufficient_privilege:
      return {error_type::kNetwork, code::kAddressRefused, false};
    case Errc::limit_exceeded:
      return {error_type::kApi, code::kTooLarge, false};
    case Errc::protocol_violation:
      return {error_type::kApi, code::kUnreadable, true};
    case Errc::remote_error:
      return {error_type::kApi, code::kRequestRefused, false};
    case Errc::remote_auth:
      return {error_type::kAuth, code::kAuthRefused, false};
    case Errc::invalid_parameter:
    case Errc::invalid_text:
    case Errc::undefined_object:
    case Errc::undefined_column:
    case Errc::duplicate_object:
    case Errc::wrong_object_type:
    case Errc::dependent_objects:
    case Errc::not_supported:
    case Errc::prerequisite:
    case Errc::object_in_use:
      return {error_type::kValidation, code::kUnusable, false};
    case Errc::internal:
      return {error_type::kSystem, code::kInternal, false};
  }
  return {error_type::kSystem, code::kInternal, false};
}

RunFailure failure_by(const ErrorRule& rule, const base::Error& error) {
  RunFailure failure;
  failure.error_type = rule.error_type;
  failure.code = rule.code;
  failure.retryable = rule.retryable;
  failure.message = error.detail.empty() ? error.text : strcat(error.text, ": ", error.detail);
  failure.suggestion = error.hint;
  return failure;
}

}  // namespace

RunFailure failure_of_error(const base::Error& error) { return failure_by(rule_of(error.code), error); }

RunFailure failure_of_plan(const base::Error& error) {
  const ErrorRule unusable{error_type::kValidation, code::kUnusable, false};
  return failure_by(error.code == base::Errc::internal ? rule_of(error.code) : unusable, error);
}

DatabaseFault fault_of_sqlstate(std::string_view sqlstate) {
  if (sqlstate == "23502")
    return {error_type::kDatabase, code::kNotNull, "Give the column a default in the mapping, or drop its NOT NULL.",
            true, false};
  if (sqlstate == "23505")
    return {error_type::kDatabase, code::kNotUnique,
            "Another row has this value in a unique column: match on that column, or correct one of the two.", true,
            false};
  if (sqlstate == "23503")
    return {error_type::kDatabase, code::kNoParent, "The row it refers to is not there yet: pull that table first.",
            true, false};
  if (sqlstate == "23514")
    return {error_type::kDatabase, code::kCheckFailed,
            "It breaks a CHECK constraint of the table, or no partition takes it.", true, false};
  if (sqlstate == "23P01")
    return {error_type::kDatabase, code::kOverlaps, "The row overlaps another one under an exclusion constraint.", true,
            false};
  if (sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03")
    return {error_type::kDatabase, code::kLocked, "Somebody else holds a lock: it is tried again by itself.", false,
            true};
  if (sqlstate == "42501")
    return {error_type::kDatabase, code::kNotPermitted,
            "A row level security policy or a missing privilege of the mapping's owner refuses it.", true, false};
  const std::string_view group = sqlstate.substr(0, 2);
  if (group == "22")
    return {error_type::kTransform, code::kTypeRefused, "The column's type does not take this value.", true, false};
  if (group == "23" || group == "44")
    return {error_type::kDatabase, code::kCheckFailed, "The row breaks a constraint of the table.", true, false};
  if (group == "P0" || group == "09" || group == "38" || group == "39")
    return {error_type::kDatabase, code::kTriggerRefused, "A trigger of the table refuses the row.", true, false};
  if (group == "42")
    return {error_type::kSchemaChange, code::kTableChanged,
            "The table has changed since the mapping was made: SELECT * FROM tandem.validate_mapping(...).", false,
            false};
  return {error_type::kDatabase, code::kDatabase, "See the server log.", false, false};
}

}  // namespace tandem::core
