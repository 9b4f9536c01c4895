#include "base/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace tandem::base {

Secret::Secret(std::string value) : value_(std::move(value)) { cleanse(value); }

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { cleanse(other.value_); }

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  std::string copy = other.value_;  // may throw; ours is still whole then
  cleanse(value_);
  value_.swap(copy);
  cleanse(copy);
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  cleanse(value_);
  value_.swap(other.value_);
  cleanse(other.value_);
  return *this;
}

Secret::~Secret() { cleanse(value_); }

// Up to the capacity, where a longer value may have stood before; growing to it
// allocates nothing.
void cleanse(std::string& text) noexcept {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace tandem::base
