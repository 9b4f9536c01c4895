#include "core/logic/value.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tandem::core::logic {

namespace {

constexpr double kExact = 9007199254740992.0;  // 2^53: below it a double is the whole number that was written

struct Whole {
  bool is = false, negative = false;
  std::string_view digits = {};  // without leading zeros
};

Whole whole(const Item& item) noexcept {
  std::string_view text = item.text;
  Whole out;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    out.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return {};
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  out.is = true;
  out.digits = text;
  return out;
}

// Both are the same double, beyond what doubles tell apart.
Order compare_digits(const Whole& a, const Whole& b) noexcept {
  if (a.negative != b.negative) return a.negative ? Order::less : Order::greater;
  if (a.digits == b.digits) return Order::equal;
  const bool shorter = a.digits.size() != b.digits.size() ? a.digits.size() < b.digits.size() : a.digits < b.digits;
  return shorter != a.negative ? Order::less : Order::greater;
}

// JavaScript compares arrays and objects by identity: the same place of the record is the same array, by whichever
// path it was reached.
template <class T>
bool identical(const T* a, const T* b) noexcept {
  return a == b || (a->origin != nullptr && a->origin == b->origin);
}

}  // namespace

Item Item::as(Kind kind, std::string_view text) noexcept {
  Item item;
  item.kind = kind;
  item.text = text;
  return item;
}

Item Item::boolean(bool value) noexcept {
  Item item = as(Kind::boolean);
  item.truth = value;
  return item;
}

Item Item::of(double value) noexcept {
  Item item = as(Kind::number);
  item.number = value;
  return item;
}

Item Item::of(const List* value) noexcept {
  Item item = as(Kind::array);
  item.list = value;
  return item;
}

Item Item::of(const Map* value) noexcept {
  Item item = as(Kind::object);
  item.map = value;
  return item;
}

Item Item::token(std::string_view text) noexcept {
  Item item = as(Kind::number, text);
  item.number = leading_number(text);
  return item;
}

const Item* Map::find(std::string_view key) const noexcept {
  for (std::uint32_t i = size; i > 0; --i)
    if (members[i - 1].key == key) return &members[i - 1].value;
  return nullptr;
}

std::string_view Memory::keep(std::string_view text) {
  if (text.empty()) return {};
  char* const at = make<char>(text.size());
  std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

const List* Memory::list(std::span<const Item> items, const char* origin) {
  Item* const copy = make<Item>(items.size());
  std::ranges::copy(items, copy);
  std::uint32_t depth = 0;
  for (const Item& item : items) {
    if (item.kind == Item::Kind::array) depth = std::max(depth, item.list->depth);
    if (item.kind == Item::Kind::object) depth = std::max(depth, item.map->depth);
  }
  List* const list = make<List>(1);
  *list = {copy, static_cast<std::uint32_t>(items.size()), depth + 1, origin};
  return list;
}

void* Memory::room(std::size_t bytes) {
  bytes = (bytes + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);
  used_ += bytes;
  if (bytes > left_) {
    block_ = std::max(bytes, kBlock);
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block_));
    left_ = block_;
  }
  std::byte* const at = blocks_.empty() ? nullptr : blocks_.back().get() + (block_ - left_);
  left_ -= bytes;
  return at;
}

// One ordinary block stays, for most records need no more.
void Memory::clear() noexcept {
  if (used_ == 0) return;
  if (block_ == kBlock) {
    if (blocks_.size() > 1) blocks_.front() = std::move(blocks_.back());
    blocks_.resize(1);
    left_ = kBlock;
  } else {
    blocks_.clear();
    left_ = block_ = 0;
  }
  used_ = 0;
}

bool truthy(const Item& item) noexcept {
  switch (item.kind) {
    case Item::Kind::undefined:
    case Item::Kind::null:
      return false;
    case Item::Kind::boolean:
      return item.truth;
    case Item::Kind::number:
      return item.number != 0 && !std::isnan(item.number);
    case Item::Kind::string:
      return !item.text.empty();
    case Item::Kind::array:
      return item.list->size > 0;
    case Item::Kind::object:
      return true;
  }
  return false;  // not reached: the switch is exhaustive
}

bool strictly_equal(const Item& a, const Item& b) noexcept {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Item::Kind::undefined:
    case Item::Kind::null:
      return true;
    case Item::Kind::boolean:
      return a.truth == b.truth;
    case Item::Kind::number:
      return compare_numbers(a, b) == Order::equal;
    case Item::Kind::string:
      return a.text == b.text;
    case Item::Kind::array:
      return identical(a.list, b.list);
    case Item::Kind::object:
      return identical(a.map, b.map);
  }
  return false;  // not reached: the switch is exhaustive
}

// To a double is monotonic, so where the doubles differ they are right about the digits as well.
Order compare_numbers(const Item& a, const Item& b) noexcept {
  if (a.number < b.number) return Order::less;
  if (a.number > b.number) return Order::greater;
  if (a.number != b.number) return Order::unordered;
  if (std::abs(a.number) < kExact) return Order::equal;
  const Whole left = whole(a), right = whole(b);
  return left.is && right.is ? compare_digits(left, right) : Order::equal;
}

// UTF-8 sorts by code point. UTF-16 puts pairs (U+10000 and up, lead byte F0) before U+E000 to U+FFFF (EE, EF).
Order compare_texts(std::string_view a, std::string_view b) noexcept {
  const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (left == a.end() || right == b.end())
    return a.size() == b.size() ? Order::equal : left == a.end() ? Order::less : Order::greater;
  const auto x = static_cast<unsigned char>(*left), y = static_cast<unsigned char>(*right);
  const bool pairs_differ = x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0);
  return (x < y) != pairs_differ ? Order::less : Order::greater;
}

}  // namespace tandem::core::logic
