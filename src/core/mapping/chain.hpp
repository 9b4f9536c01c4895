// What follows a run, and what a run waits for: options follow_ups and after. Names of
// mappings and SQL functions only; whether they exist is for those who can look. Cycles
// are allowed: a run never starts a mapping whose run led to it (store/chain.hpp).
#pragma once

#include "core/mapping/mapping.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

// {"follow_ups": ["contacts", {"mapping": "orders"}, {"function": "app.refresh(bigint)"}], "after": ["accounts"]}
void read_chain(ObjectReader& options, Mapping& mapping, Findings& findings);

// Of a stored definition, which was checked when it was made.
[[nodiscard]] std::vector<FollowUp> follow_ups_of(const base::Json& definition);

}  // namespace tandem::core
