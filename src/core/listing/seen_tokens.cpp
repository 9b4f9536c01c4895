#include "core/listing/seen_tokens.hpp"

namespace tandem::core {

void SeenTokens::clear() { *this = {}; }

bool SeenTokens::add(std::uint64_t hash) {
  const bool marked = next_mark_ > kMost;
  if ((marked && hash == mark_) || !latest_.insert(hash).second) return false;
  if (++added_ == next_mark_) {
    mark_ = hash;
    next_mark_ *= 2;
  }
  if (latest_.size() == kMost) latest_ = {hash};
  return true;
}

}  // namespace tandem::core
