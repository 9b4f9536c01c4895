#include "core/rows/json_hash.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace tandem::core {

namespace {

constexpr int kDeepest = 256;  // the page reader stops before that

class Walk {
 public:
  Walk(std::string_view json, std::uint64_t seed) noexcept : json_(json), seed_(seed) {}

  std::uint64_t value(int depth) noexcept {
    skip_space();
    if (at_ >= json_.size() || depth > kDeepest) return rest();
    switch (json_[at_]) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return text();
      default:
        return token();
    }
  }

 private:
  // The sum does not depend on the order. A key that is there twice makes another hash than one that is there once,
  // which costs a write and nothing else.
  std::uint64_t object(int depth) noexcept {
    std::uint64_t sum = 0;
    for (++at_; more('}'); separator()) {
      const std::uint64_t key = text();
      skip_space();
      if (at_ < json_.size()) ++at_;  // the colon
      sum += mix(key, value(depth + 1));
    }
    return mix('{', sum);
  }

  std::uint64_t array(int depth) noexcept {
    std::uint64_t chain = mix('[', 0);  // with the seed: what was hashed before must not be lost over an empty one
    for (++at_; more(']'); separator()) chain = mix(chain, value(depth + 1));
    return chain;
  }

  std::uint64_t text() noexcept {
    const std::size_t begin = at_++;
    while (at_ < json_.size() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2 : 1;
    at_ = at_ < json_.size() ? at_ + 1 : json_.size();
    return base::hash64(json_.substr(begin, at_ - begin), seed_);
  }

  std::uint64_t token() noexcept {
    const std::size_t begin = at_;
    at_ = std::min(json_.find_first_of(",]} \t\r\n", at_), json_.size());
    return base::hash64(json_.substr(begin, at_ - begin), seed_);
  }

  std::uint64_t rest() noexcept {
    const std::size_t begin = std::min(at_, json_.size());
    at_ = json_.size();
    return base::hash64(json_.substr(begin), seed_);
  }

  [[nodiscard]] bool more(char end) noexcept {
    skip_space();
    if (at_ < json_.size() && json_[at_] != end) return true;
    if (at_ < json_.size()) ++at_;
    return false;
  }
  void separator() noexcept {
    skip_space();
    if (at_ < json_.size() && json_[at_] == ',') {
      ++at_;
      skip_space();
    }
  }
  void skip_space() noexcept { at_ = std::min(json_.find_first_not_of(" \t\r\n", at_), json_.size()); }

  [[nodiscard]] std::uint64_t mix(std::uint64_t left, std::uint64_t right) const noexcept {
    const std::uint64_t both[] = {left, right};
    return base::hash64({reinterpret_cast<const char*>(both), sizeof both}, seed_);
  }

  std::string_view json_;
  std::uint64_t seed_;
  std::size_t at_ = 0;
};

}  // namespace

std::uint64_t json_hash(std::string_view json, std::uint64_t seed) noexcept { return Walk(json, seed).value(0); }

}  // namespace tandem::core
