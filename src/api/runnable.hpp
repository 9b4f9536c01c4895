// Whether a run that somebody asks for would begin at all: behind sync_now, sync and the
// retry functions, which refuse to make one that would only wait.
#pragma once

#include "pg/sql.hpp"
#include "store/mappings.hpp"

namespace tandem::api {

// Throws Failure(prerequisite) with what to do about it.
void require_runnable(pg::Sql& sql, const store::MappingRow& mapping);

}  // namespace tandem::api
