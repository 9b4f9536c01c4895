#include "core/rows/row_order.hpp"

#include <algorithm>
#include <compare>
#include <cstdint>

namespace tandem::core {

namespace {

using base::Cell;

constexpr std::size_t kHead = sizeof(std::uint64_t);

// The first bytes of a text, or a whole number, as one number that compares like them.
std::uint64_t head_of(const Cell& cell) {
  if (cell.form == Cell::Form::integer || cell.form == Cell::Form::time)
    return static_cast<std::uint64_t>(cell.integer) ^ (std::uint64_t{1} << 63);
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < kHead; ++i)
    head = head << 8 | (i < cell.text.size() ? static_cast<unsigned char>(cell.text[i]) : 0U);
  return head;
}

std::strong_ordering compare(const Cell& a, const Cell& b) {
  if (const auto heads = head_of(a) <=> head_of(b); heads != 0) return heads;
  return a.text <=> b.text;
}

}  // namespace

std::vector<std::size_t> order_by_key(std::span<const base::Cell> cells, std::size_t width, std::size_t rows,
                                      std::span<const std::size_t> key) {
  struct Place {
    std::uint64_t head;
    std::size_t row;
  };
  std::vector<Place> places(rows);
  for (std::size_t row = 0; row < rows; ++row)
    places[row] = {key.empty() ? 0 : head_of(cells[row * width + key.front()]), row};
  std::ranges::sort(places, [&](const Place& a, const Place& b) {
    if (a.head != b.head) return a.head < b.head;
    for (const std::size_t column : key)
      if (const auto order = compare(cells[a.row * width + column], cells[b.row * width + column]); order != 0)
        return order < 0;
    return a.row < b.row;
  });
  std::vector<std::size_t> order(rows);
  for (std::size_t i = 0; i < rows; ++i) order[i] = places[i].row;
  return order;
}

}  // namespace tandem::core
