// Which page tokens a listing has given before, in bounded memory: a listing may have
// millions of pages, and next URLs are long. The latest ones are known one by one, so
// that a listing that leads back to one of them is found at once; of all before them one
// is kept, later and later ones (Brent), so that a longer loop is found, too, if not in
// its first round.
#pragma once

#include <cstdint>
#include <unordered_set>

namespace tandem::core {

class SeenTokens {
 public:
  static constexpr std::size_t kMost = 16'384;

  void clear();
  // `hash` stands for a token. False when it is known to have been here before.
  [[nodiscard]] bool add(std::uint64_t hash);

 private:
  std::unordered_set<std::uint64_t> latest_;
  std::uint64_t mark_ = 0;  // counts once there are marks
  std::uint64_t added_ = 0, next_mark_ = kMost;
};

}  // namespace tandem::core
