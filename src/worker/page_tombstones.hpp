// Records of a page that say of themselves that they are gone ("deleted" of the object):
// never written, whatever the mapping's conditions say of them; their rows go by
// delete_mode, as far as the run's brake allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// Takes them out of `rows`.
[[nodiscard]] std::vector<core::Identity> take_tombstones(const PullPlan& plan, const LoadedPage& loaded,
                                                          std::vector<core::Identity>& rows);

struct Buried {
  std::int64_t deleted = 0, held_back = 0;
  std::size_t failed = 0, kept_out = 0;
  std::vector<core::Identity> settled;  // those that leave nothing to be done
};
// Deletes their rows, in the page's transaction. The run's counts are left as they are until that is committed.
[[nodiscard]] Buried bury(pg::Sql& sql, PullPlan& plan, const std::vector<core::Identity>& tombstones);

}  // namespace tandem::worker
