// What a full listing of an object asks for, in short: the same for two listings that would
// show the same records. Kept with a mapping's contracts, so that a record that is not asked
// for any more (a later "from", another parameter) is not taken for one that is gone. Stored:
// another way to compute it holds back deletes of every mapping once.
#pragma once

#include <string>

#include "core/manifest/api.hpp"

namespace tandem::core {

// `params`: the mapping's and the run's. Page sizes, credentials and what else only says how it is read do not count.
[[nodiscard]] std::string listing_scope(const Api& api, const Object& object, const Params& params);

}  // namespace tandem::core
