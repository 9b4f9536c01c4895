// Values as JSON Logic sees them, which is as JavaScript sees them: what is true, what is
// equal, what is less, what a value is as a number and as text. Items borrow: texts and
// lists stand in the record's page or in a Memory. Nothing here fails; what would grow
// without bound (text of lists within lists) is cut off by whoever has the budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tandem::core::logic {

struct List;
struct Map;

struct Item {
  enum class Kind : std::uint8_t { undefined, null, boolean, number, string, array, object };
  Kind kind = Kind::undefined;
  bool truth = false;          // boolean
  std::string_view text = {};  // string; number: as it was written, empty when it was computed
  union {
    double number = 0;
    const List* list;
    const Map* map;
  };

  [[nodiscard]] bool nothing() const noexcept { return kind == Kind::undefined || kind == Kind::null; }
  static Item as(Kind kind, std::string_view text = {}) noexcept;
  static Item null() noexcept { return as(Kind::null); }
  static Item boolean(bool value) noexcept;
  static Item of(double value) noexcept;
  static Item of(std::string_view text) noexcept { return as(Kind::string, text); }
  static Item of(const List* value) noexcept;
  static Item of(const Map* value) noexcept;
  // A JSON number as written.
  static Item token(std::string_view text) noexcept;
};

struct List {
  const Item* items = nullptr;
  std::uint32_t size = 0;
  std::uint32_t depth = 1;       // of lists in it, itself included
  const char* origin = nullptr;  // where it stands in the record; null: made by the rule
  [[nodiscard]] std::span<const Item> span() const noexcept { return {items, size}; }
};
struct Member {
  std::string_view key;
  Item value;
};
struct Map {
  const Member* members = nullptr;
  std::uint32_t size = 0;
  std::uint32_t depth = 1;
  const char* origin = nullptr;
  [[nodiscard]] const Item* find(std::string_view key) const noexcept;  // the last of equal keys
};

// Room for what one evaluation makes. Everything in it is trivially destructible and goes at once.
class Memory {
 public:
  template <class T>
  T* make(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    T* const first = static_cast<T*>(room(count * sizeof(T)));
    std::uninitialized_value_construct_n(first, count);
    return first;
  }
  std::string_view keep(std::string_view text);
  const List* list(std::span<const Item> items, const char* origin = nullptr);
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  void clear() noexcept;

 private:
  void* room(std::size_t bytes);
  static constexpr std::size_t kBlock = 16 * 1024;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t left_ = 0, block_ = 0;  // of the last block
  std::size_t used_ = 0;              // of all
};

[[nodiscard]] bool truthy(const Item& item) noexcept;
[[nodiscard]] bool strictly_equal(const Item& a, const Item& b) noexcept;

// What JavaScript's ToNumber makes of texts, and its parseFloat.
[[nodiscard]] Item number_of_text(std::string_view text) noexcept;
[[nodiscard]] double leading_number(std::string_view text) noexcept;
// As JavaScript writes it; a whole number that came with its digits keeps them all.
void append_number(const Item& number, std::string& out);

// Whole numbers are compared by all their digits, everything else as doubles. NaN: unordered.
enum class Order { less, equal, greater, unordered };
[[nodiscard]] Order compare_numbers(const Item& a, const Item& b) noexcept;
[[nodiscard]] Order compare_texts(std::string_view a, std::string_view b) noexcept;  // by UTF-16 units

// Texts counted in UTF-16 units, as JavaScript counts.
[[nodiscard]] std::size_t units(std::string_view text) noexcept;
// Units [begin, end); half of a pair becomes U+FFFD.
[[nodiscard]] std::string slice_units(std::string_view text, std::size_t begin, std::size_t end);

// A JSON value, known to be valid, as an Item. Strings that are no text (NUL, half a pair) become text all the same.
[[nodiscard]] Item read_json(std::string_view json, Memory& memory);

}  // namespace tandem::core::logic
