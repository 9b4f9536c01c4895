// The answer to a batch, record by record: by order, by index or by an echo, with
// failures beside the results or among them. Part of outcome.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/push/answer_body.hpp"
#include "core/push/outcome.hpp"

namespace tandem::core {

// nullopt: the answer says nothing of single records, so it holds for all of them alike.
[[nodiscard]] std::optional<std::vector<Outcome>> outcomes_of_batch(const Write& write, const OutRequest& request,
                                                                    std::span<const OutChange> changes,
                                                                    const OutAnswer& answer, bool success);
// Where `field` of a record stands that is at `at`.
[[nodiscard]] BodyPath path_below(const BodyPath& at, const std::string& field);

}  // namespace tandem::core
