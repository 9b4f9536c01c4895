#include "base/value.hpp"

#include <algorithm>
#include <cstring>

namespace tandem::base {

std::string_view TextArena::keep(std::string_view text) {
  if (text.empty()) return {};
  std::memcpy(reserve(text.size()), text.data(), text.size());
  return commit(text.size());
}

char* TextArena::reserve(std::size_t size) {
  if (last_size_ - used_ < size) {
    const std::size_t block = std::max(size, kBlock);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
    last_size_ = block;
    used_ = 0;
  }
  return blocks_.empty() ? nullptr : blocks_.back().get() + used_;
}

std::string_view TextArena::commit(std::size_t size) {
  if (size == 0) return {};
  const std::string_view kept{blocks_.back().get() + used_, size};
  used_ += size;
  return kept;
}

// An ordinary block stays for the next page; an outsized one would pin its memory.
void TextArena::clear() {
  if (!blocks_.empty() && last_size_ == kBlock) {
    blocks_.front() = std::move(blocks_.back());
    blocks_.resize(1);
  } else {
    blocks_.clear();
    last_size_ = 0;
  }
  used_ = 0;
}

}  // namespace tandem::base
