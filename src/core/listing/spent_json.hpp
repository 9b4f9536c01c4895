// What a run has spent on the feed of deletions, as a part of its position: whoever takes
// the run over goes on counting where its last committed page was. What it has spent on
// the listing stands in its row (store/runs.cpp).
#pragma once

#include "base/json.hpp"
#include "core/listing/ceilings.hpp"

namespace tandem::core {

[[nodiscard]] base::Json spent_to_json(const Spent& spent);
// Of what it left out, or of another kind of value: nothing spent.
[[nodiscard]] Spent spent_from_json(const base::Json* json);

}  // namespace tandem::core
