// The elements of a JSON array that the page reader has found well-formed, one after the
// other and without a parser: for arrays that become array literals or text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/value.hpp"

namespace tandem::core {

// Every step checks its bounds all the same.
class JsonElements {
 public:
  explicit JsonElements(std::string_view array) : rest_(array.substr(1)) {}
  // The next element as raw JSON; nullopt at the end.
  std::optional<std::string_view> next();

 private:
  [[nodiscard]] std::size_t element_size() const noexcept;
  [[nodiscard]] std::size_t string_end(std::size_t open) const noexcept;

  std::string_view rest_;
};

// Raw JSON of one element as a value; text is unescaped into `arena` where it must be.
[[nodiscard]] base::Value value_of_element(std::string_view raw, base::TextArena& arena);

}  // namespace tandem::core
