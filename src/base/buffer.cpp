#include <algorithm>
#include <cstring>

#include "base/page_reader.hpp"

namespace tandem::base {

void Buffer::append(std::string_view bytes) {
  const std::size_t needed = size_ + bytes.size();
  if (data_ == nullptr || needed > capacity_) {
    const std::size_t capacity = std::max(needed, capacity_ * 2);
    auto grown = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
    if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_);
    data_ = std::move(grown);
    capacity_ = capacity;
  }
  if (!bytes.empty()) std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
  size_ = needed;
  std::memset(data_.get() + size_, 0, kPadding);
}

}  // namespace tandem::base
