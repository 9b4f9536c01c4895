// Whether a run that somebody asks for would begin at all: behind sync_now, sync and the
// retry functions, which refuse to make one that would only wait. And how long those who
// wait for one do so.
#pragma once

#include "base/clock.hpp"
#include "pg/function_call.hpp"
#include "pg/sql.hpp"
#include "store/mappings.hpp"

namespace tandem::api {

// Throws Failure(prerequisite) with what to do about it.
void require_runnable(pg::Sql& sql, const store::MappingRow& mapping);

// How long a function that waits does so, as its argument says: five minutes by default.
[[nodiscard]] base::Micros timeout_of(const pg::FunctionCall& call, int argument);

}  // namespace tandem::api
