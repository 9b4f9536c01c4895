// Which contracts a listing has shown, by ordinal: a bitmap in blocks that exist only
// where something was seen, so that ten million records cost about a megabyte. A page's
// ordinals travel as bytes (ranges as varints), for they are stored with the page; what
// no page has shown comes out as the text of an int8multirange.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::core {

class SeenSet {
 public:
  // The ordinals of one page, in any order, as bytes; empty for none.
  [[nodiscard]] static std::string encode(std::vector<std::int64_t> ordinals);

  // Adds an encoded page. False, and nothing that matters added, when the bytes are not what encode() gives.
  [[nodiscard]] bool add(std::string_view encoded);
  void add(std::int64_t ordinal) { add_range(ordinal, 1); }
  [[nodiscard]] bool contains(std::int64_t ordinal) const noexcept;

  // What was not seen of 1 … limit: "{[1,5),[9,12)}".
  [[nodiscard]] std::string unseen(std::int64_t limit) const;

 private:
  static constexpr std::int64_t kBlockBits = 65'536;
  using Block = std::array<std::uint64_t, kBlockBits / 64>;

  void add_range(std::int64_t first, std::int64_t count);
  Block& block(std::int64_t number);

  std::map<std::int64_t, std::unique_ptr<Block>> blocks_;
  std::int64_t last_number_ = -1;
  Block* last_ = nullptr;
};

}  // namespace tandem::core
