#include "core/push/comparison.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/mapping/deletes.hpp"

namespace tandem::core {

namespace {

RunFailure refusal(std::string message, std::string suggestion) {
  return {error_type::kValidation, code::kSourceKeys, std::move(message), std::move(suggestion), true};
}

}  // namespace

ComparisonVerdict judge(const Comparison& found, const DeleteBrake& brake, std::optional<std::int64_t> approved) {
  if (found.keyless > 0)
    return {.refused = refusal(base::strcat("source_query gives ", found.keyless, found.keyless == 1 ? " row" : " rows",
                                            " with null in source_key: nothing was sent"),
                               "Leave them out (WHERE … IS NOT NULL), or name other columns in source_key.")};
  if (found.repeated > 0)
    return {.refused = refusal(base::strcat("source_query gives several rows for ", found.repeated,
                                            found.repeated == 1 ? " key" : " keys", " of source_key, as for ",
                                            found.example.value_or("{}"), ": nothing was sent"),
                               "Group the rows by the key, or name more columns in source_key.")};
  if (approved) return {.removes = std::clamp<std::int64_t>(*approved, 0, found.removed)};
  const bool braked = found.removed > 0 && (found.rows == 0 || too_many(brake, found.removed, found.live));
  return {.removes = braked ? 0 : found.removed};
}

}  // namespace tandem::core
