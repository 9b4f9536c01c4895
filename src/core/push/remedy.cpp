#include "core/push/remedy.hpp"

#include <algorithm>

namespace tandem::core {

Remedy remedy_of(const Write& write) noexcept {
  if (write.remedy) return *write.remedy;
  // A field that carries the key makes nothing idempotent by itself: it is what a read-back asks for.
  if (write.create && (!write.create->idempotency.header.empty() || !write.create->idempotency.param.empty()))
    return Remedy::idempotency_key;
  if (write.upsert && !write.key.empty()) return Remedy::upsert;
  return write.read_back ? Remedy::read_back : Remedy::none;
}

bool replayable(const Write& write, OutChange::Op op) noexcept {
  switch (op) {
    case OutChange::Op::create: {
      const Remedy remedy = remedy_of(write);
      return remedy == Remedy::idempotency_key || remedy == Remedy::replay_safe;
    }
    case OutChange::Op::update:
    case OutChange::Op::upsert:
    case OutChange::Op::remove:
      return true;  // they say what is to be, not what is to be done
  }
  return false;  // not reached: the switch is exhaustive
}

NextStepAt next_step(const Write& write, const AmbiguousAttempt& attempt) noexcept {
  if (attempt.op != OutChange::Op::create) return {.step = NextStep::send_again};
  const NextStepAt hold{.step = attempt.retry_creates ? NextStep::send_again : NextStep::hold};
  const auto read_back = [&]() -> NextStepAt {
    if (!write.read_back) return hold;
    return {.step = NextStep::read_back, .wait = std::max<base::Micros>(0, write.read_back->wait - attempt.age)};
  };
  switch (remedy_of(write)) {
    case Remedy::idempotency_key: {
      const base::Micros keeps = write.create ? write.create->idempotency.keeps : 0;
      // The other side has forgotten the key: it would take the request for a new one.
      if (keeps > 0 && attempt.age >= keeps) return read_back();
      return {.step = NextStep::send_again};
    }
    case Remedy::upsert:
      return write.upsert && attempt.key_known ? NextStepAt{.step = NextStep::send_as_upsert} : read_back();
    case Remedy::replay_safe:
      return {.step = NextStep::send_again};
    case Remedy::read_back:
      return read_back();
    case Remedy::none:
      return hold;
  }
  return hold;  // not reached: the switch is exhaustive
}

}  // namespace tandem::core
