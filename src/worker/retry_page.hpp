// The page of a retry run: records that failed earlier, read from what is stored of them
// as a page from the other side is read. Everything after that is the same.
#pragma once

#include <cstdint>
#include <optional>

#include "core/run/run.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// Fills the page at loaded.at and says where the next one is; one without records is the last. Throws pg::Error.
[[nodiscard]] std::optional<core::RunFailure> load_failed_page(PullPlan& plan, LoadedPage& loaded, pg::Oid owner);

}  // namespace tandem::worker
