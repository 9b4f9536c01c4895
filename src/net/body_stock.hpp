// Memory of answers that nobody reads any more, kept for the answers to come. Pages of a
// listing resemble each other in size: in memory that an earlier one has left they need
// not grow by doubling, which costs copies and page faults and leaves holes of all sizes
// in the heap. Bounded, and shared by all transfers of a process.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/page_reader.hpp"

namespace tandem::net {

class BodyStock {
 public:
  // Empty, perhaps with memory.
  [[nodiscard]] base::Buffer take() noexcept {
    if (kept_.empty()) return {};
    base::Buffer body = std::move(kept_.back());
    kept_.pop_back();
    return body;
  }

  void give(base::Buffer body) {
    if (body.capacity() == 0 || body.capacity() > kMostBytes || kept_.size() == kMostBodies) return;
    body.clear();
    kept_.push_back(std::move(body));
  }

 private:
  static constexpr std::size_t kMostBodies = 4;
  static constexpr std::size_t kMostBytes = 8u << 20;  // of one

  std::vector<base::Buffer> kept_;
};

}  // namespace tandem::net
