// Rows of one page that can only go in together with others of it: a child whose parent
// comes in the same page, a row that takes over a unique value which another row of the
// page gives up. Pure: who is refused because somebody else is, who has to be written
// before whom, and where such an order is impossible because the rows form a ring.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tandem::core {

struct RowDependency {
  std::size_t row = 0, needs = 0;  // `row` goes in only if `needs` does
  std::size_t reason = 0;          // the caller's: which constraint says so
  bool after = false;              // and it must be written after it
};

struct RowDependencies {
  struct Refused {
    std::size_t row, reason;
  };
  std::vector<Refused> refused;      // through others; without those that were bad to begin with
  std::vector<std::size_t> in_turn;  // rows with an `after`, and those they wait for: first to last
  std::vector<Refused> rings;        // one row of each ring: it must give up its value first
};

// `bad`: by row. Dependencies on rows outside of it are not allowed.
[[nodiscard]] RowDependencies settle_dependencies(std::vector<bool> bad, std::span<const RowDependency> dependencies);

}  // namespace tandem::core
