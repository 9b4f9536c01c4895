// What the keys of a page's rows say of its records. Two of them may be of one row: the later
// one does not go in. And a record that leaves no contract, because it failed or the
// mapping's conditions leave it out, may have come under a new id: the row of its old one is
// still its row, so the sweep of a full listing asks for these keys before it deletes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "worker/page_apply.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

// Of records with different ids that have one row the first stands, one that is in already before all others; the rest
// become faults that name both. `in_already`: records of the page that are not converted, for they are as they were.
void refuse_second_of_a_row(const PullPlan& plan, LoadedPage& loaded, const std::vector<core::Identity>& in_already,
                            core::RowBuilder::Converted& rows);

// Takes these of the rows out.
void leave_out(core::RowBuilder::Converted& rows, std::size_t width, const std::vector<bool>& which);
// Tells keys apart as the table does. Empty: a null in it is nobody's.
[[nodiscard]] std::string print_of(const core::LocalKey& keys, std::span<const base::Cell> cells);

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
