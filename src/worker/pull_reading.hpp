// What a run reads and where it begins: the object's listing and, where rows may be deleted
// and the object has one, the feed of its deletions. Where this run was before a crash or a
// hand-over; else where an earlier one could not go on, unless everything is to be read
// anew. A position means something in its own listing only.
#pragma once

#include "core/manifest/api.hpp"
#include "core/mapping/mapping.hpp"
#include "core/listing/reading.hpp"
#include "store/runs.hpp"

namespace tandem::worker {

// What a listing is asked for with beside the object's own parameters: the mapping's and the run's.
[[nodiscard]] core::Params run_params(const core::Object& object, const core::Mapping& mapping,
                                      const store::RunSpec& spec);
// Throws Failure when a time zone of a cursor does not exist.
[[nodiscard]] core::Reading reading_of(const core::Api& api, const core::Object& object, const core::Mapping& mapping,
                                       const store::RunSpec& spec);

}  // namespace tandem::worker
