// What a run has spent on the feed of deletions, as a part of its position: whoever takes
// the run over goes on counting where its last committed page was. What it has spent on
// the listing stands in its row (store/runs.cpp).
#pragma once

#include <optional>

#include "base/json.hpp"
#include "core/listing/ceilings.hpp"

namespace tandem::core {

void keep_spent_in_feed(base::Json& position, const Spent& spent);
// Nothing, where the position does not say so.
[[nodiscard]] Spent spent_in_feed(const std::optional<base::Json>& position);

}  // namespace tandem::core
