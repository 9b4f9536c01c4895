// C++ -> Postgres: every extern "C" function that Postgres calls is one line through
// entry(). It catches everything, moves plain data out of the exception, lets every
// C++ object die and only then raises: Postgres's own errors unchanged (ReThrowError),
// ours with the SQLSTATE of their Errc, std::bad_alloc as 53200, anything else XX000.
#pragma once

#include "pg/types.hpp"

struct FunctionCallInfoBaseData;

namespace tandem::pg {

class FunctionCall;

// Runs body(arg); does not return if it threw.
void entry(void (*body)(void*), void* arg);

// For callbacks that must not raise (exit callbacks, at-commit callbacks): logs instead, at most LOG.
void entry_noexcept(void (*body)(void*), void* arg) noexcept;

using FunctionBody = Datum (*)(FunctionCall&);
Datum function_entry(FunctionBody body, FunctionCallInfoBaseData* fcinfo);

struct FunctionInfo {  // layout of Pg_finfo_record
  int api_version;
};

}  // namespace tandem::pg

// TANDEM_FUNCTION(tandem_sync_now) { ... return call.ret_integer(run); }
// Defines the SQL-callable C symbol and its V1 info record without postgres.h.
#define TANDEM_FUNCTION(name)                                                                                     \
  static ::tandem::pg::Datum name##_body(::tandem::pg::FunctionCall& call);                                       \
  extern "C" __attribute__((visibility("default"))) ::tandem::pg::Datum name(::FunctionCallInfoBaseData* fcinfo); \
  extern "C" __attribute__((visibility("default"))) const ::tandem::pg::FunctionInfo* pg_finfo_##name();          \
  const ::tandem::pg::FunctionInfo* pg_finfo_##name() {                                                           \
    static constexpr ::tandem::pg::FunctionInfo info{1};                                                          \
    return &info;                                                                                                 \
  }                                                                                                               \
  ::tandem::pg::Datum name(::FunctionCallInfoBaseData* fcinfo) {                                                  \
    return ::tandem::pg::function_entry(&name##_body, fcinfo);                                                    \
  }                                                                                                               \
  static ::tandem::pg::Datum name##_body([[maybe_unused]] ::tandem::pg::FunctionCall& call)
