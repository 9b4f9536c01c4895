// What went wrong, as a person reads it: the class (sql.md), a stable code
// (doc/errors.md) and a suggestion, told from an HTTP status, a network error or a
// SQLSTATE. Pure: the effects hand in plain facts.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "core/run/run.hpp"

namespace tandem::core {

// An answer that is not 2xx. `said` is what the body says of itself (a short message), or empty.
[[nodiscard]] RunFailure failure_of_status(int status, std::string_view object, std::string_view said);
// No usable answer: `error` as the network layer, the page reader or the pager reports it.
[[nodiscard]] RunFailure failure_of_error(const base::Error& error);
// A run that could not begin: nothing was asked yet, so the fault is here, not at the other side.
[[nodiscard]] RunFailure failure_of_plan(const base::Error& error);

// A Postgres error while rows were written.
struct DatabaseFault {
  const char* error_type;
  const char* code;
  std::string_view suggestion;
  bool of_a_row;   // one row is to blame: the others can go in without it
  bool transient;  // try the same again: lock, deadlock, serialization
};
[[nodiscard]] DatabaseFault fault_of_sqlstate(std::string_view sqlstate);

}  // namespace tandem::core
