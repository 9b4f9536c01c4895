// Values at places of an answer's body, exact as they came: numbers are read digit by
// digit, never through a double. Part of outcome.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/page_reader.hpp"
#include "base/value.hpp"

namespace tandem::core {

using BodyPath = std::vector<std::string>;

// Of one JSON text, whatever it is: an object, an array or a part of one. An empty path is all of it.
class BodyValues {
 public:
  static base::Result<BodyValues> read(std::string_view json, const std::vector<BodyPath>& paths);
  [[nodiscard]] const base::Value& at(std::size_t path) const { return page_.values[path]; }

 private:
  std::unique_ptr<base::Buffer> buffer_;  // texts borrow from it
  std::unique_ptr<base::TextArena> arena_;
  base::Page page_;
};

// A path as PageReader takes it, which would else look for a key of that name first.
[[nodiscard]] base::FieldPath field_at(BodyPath path);
// An id as pulls write it: empty where there is none.
[[nodiscard]] std::string_view id_of_value(const base::Value& value) noexcept;
// Something stands there: not absent, null, false, "", [] or {}.
[[nodiscard]] bool stands(const base::Value& value) noexcept;
// Several fields make up one id: a JSON array of them, as pulls write it.
[[nodiscard]] std::string joined_id(const std::vector<std::string>& parts);

}  // namespace tandem::core
