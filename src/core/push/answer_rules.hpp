// From status, code and text of an answer, or of one record's part in it, to what it
// means: the manifest's rules first, then what HTTP says. Part of outcome.
#pragma once

#include <string_view>

#include "core/push/outcome.hpp"
#include "core/push/said.hpp"

namespace tandem::core {

// No answer at all.
[[nodiscard]] Outcome outcome_of_error(const Write& write, const WriteCall& call, const OutAnswer& answer);
// An answer, or an element, that is no success. status 0: the element has none of its own. `text` is what it consists
// of, for rules.
[[nodiscard]] Outcome outcome_of_refusal(const Write& write, const WriteCall& call, int status, std::string_view text,
                                         const Said& said, const OutAnswer& answer);
[[nodiscard]] Outcome ambiguous(const char* code, std::string message);
// Settled with what is known of the change itself.
[[nodiscard]] Outcome settled(const OutChange& change);

}  // namespace tandem::core
