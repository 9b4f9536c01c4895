// Rows of records that a full listing shows and that leave no contract: they failed, or the
// mapping's conditions leave them out. Such a record may have come under a new id, and the
// row of its old one is still its row: the sweep asks for these keys before it deletes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

struct Unremembered {
  std::size_t record = 0;
  std::string_view origin_id;
  bool fresh = true;  // the mapping is about it, and its id was not seen before
};

// Hashes of the keys of their rows, for store::keep_shown. A fresh one whose key cannot be read leaves nothing proven.
[[nodiscard]] std::vector<std::int64_t> keys_shown(PullPlan& plan, LoadedPage& loaded,
                                                   const std::vector<Unremembered>& records);

// Of what is gone, leaves those that no such record has the key of.
void spare_shown(pg::Sql& sql, const PullPlan& plan, std::vector<store::Contract>& gone);

}  // namespace tandem::worker
