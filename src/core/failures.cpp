#include "core/failures.hpp"

#include "base/strings.hpp"

namespace tandem::core {

using base::strcat;

RunFailure failure_of_status(int status, std::string_view object, std::string_view said) {
  RunFailure failure;
  const std::string tail = said.empty() ? std::string() : strcat(": ", said);
  failure.message = strcat("the other side answered ", status, " when asked for ", object, tail);
  failure.error_type = "API_ERROR";
  failure.retryable = false;
  if (status == 401 || status == 403) {
    failure.error_type = "AUTH_ERROR";
    failure.code = "TD301";
    failure.suggestion = "Check the credentials and what they may read, then tandem.set_credentials(...).";
  } else if (status == 429) {
    failure.error_type = "RATE_LIMIT";
    failure.code = "TD302";
    failure.suggestion = "The other side asks for fewer calls: run less often or lower max_in_flight.";
    failure.retryable = true;
  } else if (status >= 300 && status < 400) {
    failure.code = "TD303";
    failure.suggestion = "Redirects are not followed: put the final address into base_url or the object's path.";
  } else if (status == 404 || status == 410) {
    failure.code = "TD304";
    failure.suggestion = "Check base_url and the object's path.";
  } else if (status >= 500 || status == 408 || status == 425) {
    failure.code = "TD306";
    failure.suggestion = "The other side has a problem of its own: the next run goes on from this page.";
    failure.retryable = true;
  } else {
    failure.code = "TD305";
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

ErrorRule rule_of(base::Errc code) {
  using base::Errc;
  switch (code) {
    case Errc::connection_failure: return {"NETWORK_ERROR", "TD201", true};
    case Errc::timed_out: return {"NETWORK_ERROR", "TD202", true};
    case Errc::insufficient_privilege: return {"NETWORK_ERROR", "TD203", false};
    case Errc::limit_exceeded: return {"API_ERROR", "TD204", false};
    case Errc::protocol_violation: return {"API_ERROR", "TD205", true};
    case Errc::remote_error: return {"API_ERROR", "TD305", false};
    case Errc::remote_auth: return {"AUTH_ERROR", "TD301", false};
    case Errc::invalid_parameter:
    case Errc::invalid_text:
    case Errc::undefined_object:
    case Errc::undefined_column:
    case Errc::duplicate_object:
    case Errc::wrong_object_type:
    case Errc::dependent_objects:
    case Errc::not_supported:
    case Errc::prerequisite:
    case Errc::object_in_use: return {"VALIDATION_ERROR", "TD501", false};
    case Errc::internal: return {"SYSTEM_ERROR", "TD901", false};
  }
  return {"SYSTEM_ERROR", "TD901", false};
}

}  // namespace

RunFailure failure_of_error(const base::Error& error) {
  const ErrorRule rule = rule_of(error.code);
  RunFailure failure;
  failure.error_type = rule.error_type;
  failure.code = rule.code;
  failure.retryable = rule.retryable;
  failure.message = error.detail.empty() ? error.text : strcat(error.text, ": ", error.detail);
  failure.suggestion = error.hint;
  return failure;
}

DatabaseFault fault_of_sqlstate(std::string_view sqlstate) {
  if (sqlstate == "23502") return {"DATABASE_ERROR", "TD401", "Give the column a default in the mapping, or drop its NOT NULL.", true, false};
  if (sqlstate == "23505") return {"DATABASE_ERROR", "TD402", "Another row has this value in a unique column: match on that column, or correct one of the two.", true, false};
  if (sqlstate == "23503") return {"DATABASE_ERROR", "TD403", "The row it refers to is not there yet: pull that table first.", true, false};
  if (sqlstate == "23514") return {"DATABASE_ERROR", "TD404", "The value breaks a CHECK constraint of the table.", true, false};
  if (sqlstate == "23P01") return {"DATABASE_ERROR", "TD405", "The row overlaps another one under an exclusion constraint.", true, false};
  if (sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03")
    return {"DATABASE_ERROR", "TD409", "Somebody else holds a lock: it is tried again by itself.", false, true};
  if (sqlstate == "42501") return {"DATABASE_ERROR", "TD408", "A row level security policy or a missing privilege of the mapping's owner refuses it.", true, false};
  const std::string_view group = sqlstate.substr(0, 2);
  if (group == "22") return {"TRANSFORM_ERROR", "TD406", "The column's type does not take this value.", true, false};
  if (group == "23" || group == "44") return {"DATABASE_ERROR", "TD404", "The row breaks a constraint of the table.", true, false};
  if (group == "P0" || group == "09" || group == "38" || group == "39")
    return {"DATABASE_ERROR", "TD407", "A trigger of the table refuses the row.", true, false};
  if (group == "42") return {"SCHEMA_CHANGE", "TD502", "The table has changed since the mapping was made: SELECT * FROM tandem.validate_mapping(...).", false, false};
  return {"DATABASE_ERROR", "TD410", "See the server log.", false, false};
}

}  // namespace tandem::core
