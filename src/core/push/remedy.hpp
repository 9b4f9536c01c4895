// What becomes of an attempt of which nobody knows whether it arrived: the worker died
// between sending and settling, or the connection broke before the answer. Decided from
// what the manifest declares; where it offers nothing, a create waits for a person rather
// than being made twice.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "core/manifest/write.hpp"

namespace tandem::core {

enum class NextStep {
  send_again,      // the same request, with the same idempotency key
  send_as_upsert,  // as an upsert by our key
  read_back,       // ask whether it is there, then decide
  hold,            // a person decides
};

// The remedy of creates that the manifest declares, or the best that the rest of it allows.
[[nodiscard]] Remedy remedy_of(const Write& write) noexcept;
// Whether the same request may be sent twice without harm: it is then simply tried again.
[[nodiscard]] bool replayable(const Write& write, OutChange::Op op) noexcept;

struct AmbiguousAttempt {
  OutChange::Op op = OutChange::Op::create;
  base::Micros age = 0;        // since it was sent
  bool key_known = true;       // the change has a value for the external key field
  bool retry_creates = false;  // the mapping says: rather twice than not at all
};
struct NextStepAt {
  NextStep step = NextStep::hold;
  base::Micros wait = 0;  // before it, from now
};
[[nodiscard]] NextStepAt next_step(const Write& write, const AmbiguousAttempt& attempt) noexcept;

// What the answer to a read-back proves: how many records it shows.
enum class ReadBackVerdict { not_arrived, arrived, unclear };
[[nodiscard]] constexpr ReadBackVerdict judge_read_back(std::size_t found) noexcept {
  return found == 0 ? ReadBackVerdict::not_arrived : found == 1 ? ReadBackVerdict::arrived : ReadBackVerdict::unclear;
}

}  // namespace tandem::core
