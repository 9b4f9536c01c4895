// Postgres's scalar names without Postgres's headers: what the rest of src/pg's
// headers need, so that no file outside src/pg ever includes postgres.h.
#pragma once

#include <cstdint>

namespace tandem::pg {

using Datum = std::uintptr_t;
using Oid = unsigned int;
using Pid = int;
constexpr Oid kInvalidOid = 0;

}  // namespace tandem::pg
