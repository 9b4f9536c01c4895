// The order in which the rows of a page are written: that of their keys, where nobody can
// tell. A key that comes next to its neighbour finds its index page at hand, and the rows
// of a page lie in the table in the order in which they will be looked up.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/value.hpp"

namespace tandem::core {

// Positions of the rows, by the cells of `key`. Text goes by its bytes, which need not be the index's own order:
// neighbours stay neighbours.
[[nodiscard]] std::vector<std::size_t> order_by_key(std::span<const base::Cell> cells, std::size_t width,
                                                    std::size_t rows, std::span<const std::size_t> key);

}  // namespace tandem::core
