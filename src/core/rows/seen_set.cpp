#include "core/rows/seen_set.hpp"

#include <algorithm>
#include <optional>

#include "base/strings.hpp"

namespace tandem::core {

namespace {

// No ordinal comes near it: a range beyond is no range of ours.
constexpr std::int64_t kLargest = std::int64_t{1} << 52;

void put(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
}

std::optional<std::int64_t> take(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 63 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return static_cast<std::int64_t>(value);
  }
  return std::nullopt;
}

}  // namespace

// Per range: how far it begins behind the end of the one before, and how much longer than one it is.
std::string SeenSet::encode(std::vector<std::int64_t> ordinals) {
  std::string bytes;
  std::sort(ordinals.begin(), ordinals.end());
  std::int64_t end = 0;
  for (std::size_t i = 0; i < ordinals.size();) {
    const std::int64_t first = ordinals[i];
    std::int64_t last = first;
    for (++i; i < ordinals.size() && ordinals[i] <= last + 1; ++i) last = ordinals[i];
    put(bytes, static_cast<std::uint64_t>(first - end));
    put(bytes, static_cast<std::uint64_t>(last - first));
    end = last + 1;
  }
  return bytes;
}

bool SeenSet::add(std::string_view encoded) {
  std::int64_t end = 0;
  while (!encoded.empty()) {
    const std::optional<std::int64_t> gap = take(encoded), more = take(encoded);
    if (!gap || !more || *gap > kLargest - end || *more > kLargest - end - *gap) return false;
    add_range(end + *gap, *more + 1);
    end += *gap + *more + 1;
  }
  return true;
}

bool SeenSet::contains(std::int64_t ordinal) const noexcept {
  const auto found = blocks_.find(ordinal / kBlockBits);
  if (found == blocks_.end()) return false;
  const std::int64_t bit = ordinal % kBlockBits;
  return ((*found->second)[static_cast<std::size_t>(bit / 64)] >> (bit % 64) & 1) != 0;
}

std::string SeenSet::unseen(std::int64_t limit) const {
  std::string ranges;
  const auto leave_out = [&](std::int64_t from, std::int64_t to) {  // half open
    if (from < to) ranges += base::strcat(ranges.empty() ? "[" : ",[", from, ",", to, ")");
  };
  std::int64_t from = 1;  // the first that may be unseen
  for (const auto& [number, block] : blocks_) {
    for (std::size_t word = 0; word < block->size(); ++word) {
      const std::int64_t begin = number * kBlockBits + static_cast<std::int64_t>(word) * 64;
      const std::uint64_t bits = (*block)[word];
      if (bits == 0 || begin > limit) continue;
      for (std::int64_t bit = 0; bit < 64 && begin + bit <= limit; ++bit) {
        if ((bits >> bit & 1) == 0) continue;
        leave_out(from, begin + bit);
        from = begin + bit + 1;
      }
    }
  }
  leave_out(from, limit + 1);
  return base::strcat("{", ranges, "}");
}

void SeenSet::add_range(std::int64_t first, std::int64_t count) {
  for (std::int64_t ordinal = first; ordinal < first + count;) {
    const std::int64_t bit = ordinal % kBlockBits;
    std::uint64_t& word = block(ordinal / kBlockBits)[static_cast<std::size_t>(bit / 64)];
    if (bit % 64 == 0 && first + count - ordinal >= 64) {
      word = ~std::uint64_t{0};
      ordinal += 64;
    } else {
      word |= std::uint64_t{1} << (bit % 64);
      ++ordinal;
    }
  }
}

SeenSet::Block& SeenSet::block(std::int64_t number) {
  if (number == last_number_) return *last_;
  std::unique_ptr<Block>& found = blocks_[number];
  if (!found) found = std::make_unique<Block>();
  last_number_ = number;
  last_ = found.get();
  return *last_;
}

}  // namespace tandem::core
