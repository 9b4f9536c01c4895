#include "core/push/bisect.hpp"

namespace tandem::core {

// Of one alone its refusal says all.
Bisect::Bisect(std::vector<std::size_t> refused) {
  if (refused.size() == 1)
    culprits_ = std::move(refused);
  else if (!refused.empty())
    parts_.push_back({.items = std::move(refused), .bad = true});
}

std::optional<std::vector<std::size_t>> Bisect::next() {
  while (!parts_.empty() && parts_.back().bad && parts_.back().items.size() > 1) {
    const std::vector<std::size_t> all = std::move(parts_.back().items);
    parts_.pop_back();
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    parts_.push_back({.items = {middle, all.end()}});
    parts_.push_back({.items = {all.begin(), middle}, .first = true});
  }
  return parts_.empty() ? std::nullopt : std::optional(parts_.back().items);
}

void Bisect::answered(Answer answer) {
  Part part = std::move(parts_.back());
  parts_.pop_back();
  switch (answer) {
    case Answer::accepted:
      // Of two halves of what is bad, one is.
      if (part.first) parts_.back().bad = true;
      break;
    case Answer::refused:
      if (part.items.size() == 1) {
        culprits_.push_back(part.items.front());
      } else {
        part.bad = true;
        part.first = false;
        parts_.push_back(std::move(part));
      }
      break;
    case Answer::other:
      break;
  }
}

}  // namespace tandem::core
