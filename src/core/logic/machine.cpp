#include "core/logic/machine.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace tandem::core::logic {

namespace {

constexpr std::size_t kMostText = 16u << 20;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool missing_value(const Item& item) noexcept {
  return item.nothing() || (item.kind == Item::Kind::string && item.text.empty());
}

// ToIntegerOrInfinity, cut to what sizes can be.
std::int64_t position(double value) noexcept {
  constexpr double kFar = 1e15;
  return std::isnan(value) ? 0 : static_cast<std::int64_t>(std::clamp(value, -kFar, kFar));
}

// JavaScript's String.prototype.substr.
std::string substr(std::string_view text, double start, double length) {
  const auto size = static_cast<std::int64_t>(units(text));
  std::int64_t begin = position(start);
  begin = begin < 0 ? std::max<std::int64_t>(size + begin, 0) : std::min(begin, size);
  const std::int64_t end = std::clamp(begin + position(length), begin, size);
  return slice_units(text, static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
}

}  // namespace

Item Machine::record() {
  Item& whole = read_.back();
  if (whole.kind == Item::Kind::undefined) whole = read_json(raw_, memory_);
  return whole;
}

// A nested value is read once, for it is one and the same array wherever the rule names it.
Item Machine::field(const Node& node) {
  const base::Value& value = values_[node.field];
  switch (value.kind) {
    case base::Kind::absent:
      if (!node.deep) return {};
      return look_up(Item::of(node.constant.text), nullptr);
    case base::Kind::null:
      return Item::null();
    case base::Kind::boolean:
      return Item::boolean(value.text == "true");
    case base::Kind::number:
      return Item::token(value.text);
    case base::Kind::string:
      return Item::of(value.text);
    case base::Kind::json:
    case base::Kind::broken:
      if (Item& read = read_[node.field]; read.kind != Item::Kind::undefined) return read;
      return read_[node.field] = read_json(value.text, memory_);
  }
  return {};  // not reached: the switch is exhaustive
}

Item Machine::variable(const Node& node, const Item* scope) {
  const bool named = node.op == Op::field;  // what stands in args then is the default alone
  const Item key = named ? Item{} : argument(node, 0, scope);
  const Item fallback = argument(node, named ? 0 : 1, scope);
  const Item found = named ? field(node) : look_up(key, scope);
  return found.kind != Item::Kind::undefined ? found : fallback.nothing() ? Item::null() : fallback;
}

Item Machine::look_up(const Item& key, const Item* scope) {
  const Item data = scope != nullptr ? *scope : record();
  if (missing_value(key)) return data;
  std::string path;
  append_text(key, path, false);
  return descend(data, path);
}

Item Machine::descend(const Item& from, std::string_view path) {
  Item data = from;
  if (data.kind == Item::Kind::object)
    if (const Item* literal = data.map->find(path)) return *literal;
  for (bool more = true; more;) {
    const std::size_t dot = path.find('.');
    const std::string_view step = path.substr(0, dot);
    more = dot != std::string_view::npos;
    if (more) path.remove_prefix(dot + 1);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool at =
        error == std::errc() && end == step.data() + step.size() && (step.size() == 1 || step.front() != '0');
    if (data.kind == Item::Kind::object) {
      const Item* member = data.map->find(step);
      data = member == nullptr ? Item{} : *member;
    } else if (data.kind == Item::Kind::array) {
      data = step == "length"                ? Item::of(static_cast<double>(data.list->size))
             : at && index < data.list->size ? data.list->items[index]
                                             : Item{};
    } else if (data.kind == Item::Kind::string) {
      const std::size_t size = units(data.text);
      data = step == "length"     ? Item::of(static_cast<double>(size))
             : at && index < size ? Item::of(memory_.keep(slice_units(data.text, index, index + 1)))
                                  : Item{};
    } else {
      return {};
    }
  }
  return data;
}

Item Machine::missing(const std::vector<Item>& arguments, const Item* scope) {
  std::span<const Item> keys = arguments;
  if (!arguments.empty() && arguments.front().kind == Item::Kind::array) keys = arguments.front().list->span();
  std::vector<Item> out;
  for (const Item& key : keys) {
    Item name = key, found;
    if (key.kind == Item::Kind::array) {  // [name, default]
      const std::span<const Item> pair = key.list->span();
      name = pair.empty() ? Item{} : pair[0];
      found = pair.size() > 1 ? pair[1] : Item{};
    }
    if (const Item there = look_up(name, scope); there.kind != Item::Kind::undefined) found = there;
    if (missing_value(found)) out.push_back(key);
  }
  return listed(out);
}

Item Machine::missing_fields(const Node& node) {
  std::vector<Item> out;
  for (const Node& key : node.args)
    if (missing_value(field(key))) out.push_back(key.constant);
  return listed(out);
}

Item Machine::missing_some(const Node& node, const Item* scope) {
  const Item need = argument(node, 0, scope), options = argument(node, 1, scope);
  if (options.nothing()) return raise("missing_some has no list of fields");
  const bool is_list = options.kind == Item::Kind::array;
  const Item absent = missing(is_list ? std::vector<Item>(options.list->items, options.list->items + options.list->size)
                                      : std::vector<Item>{options},
                              scope);
  if (absent.kind != Item::Kind::array) return {};  // raised
  const double size = is_list                              ? options.list->size
                      : options.kind == Item::Kind::string ? static_cast<double>(units(options.text))
                                                           : kNaN;
  const Order enough = order(Item::of(size - absent.list->size), need);
  return enough == Order::greater || enough == Order::equal ? listed({}) : absent;
}

// What a step of reduce sees.
Item Machine::step(const Item& current, const Item& accumulator) {
  Member* const members = memory_.make<Member>(2);
  members[0] = {"current", current};
  members[1] = {"accumulator", accumulator};
  const List* both = memory_.list(std::initializer_list<Item>{current, accumulator});
  Map* const map = memory_.make<Map>(1);
  *map = {members, 2, both->depth, nullptr};
  return Item::of(map);
}

Item Machine::part(const Node& node, const Item* scope) {
  std::string text;
  append_text(argument(node, 0, scope), text, false);
  const double start = number(argument(node, 1, scope)).number;
  const Item length = argument(node, 2, scope);
  constexpr double kRest = std::numeric_limits<double>::infinity();
  if (order(length, Item::of(0.0)) != Order::less)
    return Item::of(
        memory_.keep(substr(text, start, length.kind == Item::Kind::undefined ? kRest : number(length).number)));
  const std::string rest = substr(text, start, kRest);
  Item kept = Item::of(static_cast<double>(units(rest)));
  if (length.kind == Item::Kind::number) {
    kept.number += length.number;
  } else {  // JavaScript's + puts a number and a text one behind the other
    std::string joined;
    append_number(kept, joined);
    append_text(length, joined, false);
    kept = number_of_text(joined);
  }
  return Item::of(memory_.keep(substr(rest, 0, kept.number)));
}

void Machine::append_text(const Item& item, std::string& out, bool nothing_is_empty) {
  if (out.size() > kMostText) raise("the rule makes a text that is too long");
  if (reason_ != nullptr) return;
  switch (item.kind) {
    case Item::Kind::undefined:
    case Item::Kind::null:
      if (!nothing_is_empty) out += item.kind == Item::Kind::null ? "null" : "undefined";
      return;
    case Item::Kind::boolean:
      out += item.truth ? "true" : "false";
      return;
    case Item::Kind::number:
      append_number(item, out);
      return;
    case Item::Kind::string:
      out += item.text;
      return;
    case Item::Kind::array:
      for (std::uint32_t i = 0; i < item.list->size && reason_ == nullptr; ++i) {
        if (i > 0) out += ',';
        append_text(item.list->items[i], out, true);
      }
      return;
    case Item::Kind::object:
      out += "[object Object]";
      return;
  }
}

Item Machine::primitive(const Item& item) {
  if (item.kind != Item::Kind::array && item.kind != Item::Kind::object) return item;
  std::string text;
  append_text(item, text, false);
  return Item::of(memory_.keep(text));
}

Item Machine::number(const Item& item) {
  switch (item.kind) {
    case Item::Kind::undefined:
      return Item::of(kNaN);
    case Item::Kind::null:
      return Item::of(0.0);
    case Item::Kind::boolean:
      return Item::of(item.truth ? 1.0 : 0.0);
    case Item::Kind::number:
      return item;
    case Item::Kind::string:
      return number_of_text(item.text);
    case Item::Kind::array:
    case Item::Kind::object:
      return number_of_text(primitive(item).text);
  }
  return {};  // not reached: the switch is exhaustive
}

// parseFloat
double Machine::leading(const Item& item) {
  if (item.kind == Item::Kind::number) return item.number == 0 ? 0 : item.number;
  if (item.kind == Item::Kind::string) return leading_number(item.text);
  return item.kind == Item::Kind::array ? leading_number(primitive(item).text) : kNaN;
}

bool Machine::loosely_equal(Item a, Item b) {
  if (a.nothing() || b.nothing()) return a.nothing() && b.nothing();
  const auto nested = [](const Item& item) {
    return item.kind == Item::Kind::array || item.kind == Item::Kind::object;
  };
  if (nested(a) && nested(b)) return strictly_equal(a, b);
  a = primitive(a);
  b = primitive(b);
  if (a.kind == b.kind) return strictly_equal(a, b);
  return compare_numbers(number(a), number(b)) == Order::equal;
}

Order Machine::order(const Item& a, const Item& b) {
  const Item left = primitive(a), right = primitive(b);
  if (left.kind == Item::Kind::string && right.kind == Item::Kind::string) return compare_texts(left.text, right.text);
  return compare_numbers(number(left), number(right));
}

}  // namespace tandem::core::logic
