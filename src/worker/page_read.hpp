// From an answer to a LoadedPage: its records, which page comes next and what is stored
// with it. No transaction, no request: it runs between the two.
#pragma once

#include <optional>

#include "core/run/run_failure.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// `loaded` has position and response. nullopt: it is read. A page of parents comes out without records.
[[nodiscard]] std::optional<core::RunFailure> read_page(PullPlan& plan, LoadedPage& loaded);

}  // namespace tandem::worker
