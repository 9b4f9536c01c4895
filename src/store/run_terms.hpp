// What a run was asked for: whoever asks while one is under way may want something else of it.
#pragma once

#include <cstdint>

#include "base/json.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// Whether a run was asked for as full if that is wanted, and with these parameters.
[[nodiscard]] bool run_covers(pg::Sql& sql, std::int64_t run, bool full, const base::Json& params);

// Whether it is one of verify_now().
[[nodiscard]] bool is_verification(pg::Sql& sql, std::int64_t run);

}  // namespace tandem::store
