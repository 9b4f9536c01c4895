// Whether a run is still ours: what every statement asks that writes of a run under way. One
// place for it, because how it is written decides by which index the row is found.
#pragma once

#include <string_view>

namespace tandem::store {

// $1 is the run, $2 the epoch it was taken with. Not `status = 'running'`: that would allow for the indexes that hold
// pending and running runs only, and where those were empty when the statement was planned, the planner reads all of
// one for each row rather than look up the key.
inline constexpr std::string_view kOurRun = "run = $1 AND epoch = $2 AND status IS NOT DISTINCT FROM 'running'";

}  // namespace tandem::store
