#include "store/database_fault.hpp"

#include <string>

#include "core/rows/failures.hpp"

namespace tandem::store {

namespace {

// What the statement's own author advises counts for more.
std::string suggestion(const pg::Error& error, const core::DatabaseFault& fault) {
  return std::string(error.hint().empty() ? fault.suggestion : error.hint());
}

}  // namespace

bool of_a_row(const pg::Error& error) {
  return !error.is_cancel() && core::fault_of_sqlstate(error.sqlstate()).of_a_row;
}

core::RowFault row_fault(const pg::Error& error, std::size_t row) {
  const core::DatabaseFault fault = core::fault_of_sqlstate(error.sqlstate());
  return {.record = row,
          .error_type = fault.error_type,
          .code = fault.code,
          .field = {},
          .column = std::string(error.column()),
          .message = std::string(error.message()),
          .suggestion = suggestion(error, fault),
          .sqlstate = std::string(error.sqlstate()),
          .retryable = true};
}

core::RunFailure run_failure(const pg::Error& error) {
  const core::DatabaseFault fault = core::fault_of_sqlstate(error.sqlstate());
  return {fault.error_type, fault.code, std::string(error.message()), suggestion(error, fault), fault.transient};
}

}  // namespace tandem::store
