// The letters of the database for the transforms "lowercase" and "uppercase".
#pragma once

#include "core/transform/chain.hpp"
#include "pg/letters.hpp"

namespace tandem::store {

class DatabaseLetters final : public core::TextCase {
 public:
  constexpr DatabaseLetters() = default;
  [[nodiscard]] std::string_view lower(std::string_view text, base::TextArena& arena) const override {
    return pg::lowered(text, arena);
  }
  [[nodiscard]] std::string_view upper(std::string_view text, base::TextArena& arena) const override {
    return pg::uppered(text, arena);
  }
};
inline constexpr DatabaseLetters kDatabaseLetters;

}  // namespace tandem::store
