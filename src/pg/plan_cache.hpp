// The engine's statements are the same few dozen in every run, so a process parses and
// plans each of them once. Kept by text, parameter types, planner settings and the shape
// of the staged pages they may read; Postgres itself makes a plan anew when something
// under it changes. Private to src/pg.
#pragma once

#include <cstdint>
#include <string_view>

#include "pg/types.hpp"

struct _SPI_plan;

namespace tandem::pg {

// Called under a guard only, on an SPI connection. Null: too many are kept already, run it as it is.
// `variant` stands for what else the plan depends on.
_SPI_plan* kept_plan(std::string_view sql, int parameters, Oid* types, std::uint64_t variant);

}  // namespace tandem::pg
