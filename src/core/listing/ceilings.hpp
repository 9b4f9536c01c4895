// What one run may read at most, so that a listing that never ends ends all the same. The
// run fails with its position kept: the next one goes on there.
#pragma once

#include <cstdint>
#include <optional>

#include "core/manifest/api.hpp"
#include "core/run/run_failure.hpp"

namespace tandem::core {

// By a run, all its takers together.
struct Spent {
  std::int64_t pages = 0, records = 0, bytes = 0, micros = 0;
};

// Asked before each request; nullopt: go on.
[[nodiscard]] std::optional<RunFailure> over_ceiling(const Object& object, const Spent& spent);

}  // namespace tandem::core
