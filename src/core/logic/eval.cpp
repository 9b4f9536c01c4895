#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/logic/logic.hpp"
#include "core/logic/machine.hpp"

namespace tandem::core {

namespace logic {

namespace {

constexpr std::int64_t kMostSteps = 1'000'000;
constexpr std::size_t kMostBytes = 16u << 20;
constexpr std::uint32_t kDeepest = 200;  // lists within lists; a record's own have at most 128

}  // namespace

Item Machine::eval(const Node& node, const Item* scope) {
  if (!may_go_on()) return {};
  switch (node.op) {
    case Op::constant:
      return node.constant;
    case Op::list:
      return listed(eval_all(node.args, scope));
    case Op::field:
    case Op::var:
      return variable(node, scope);
    case Op::missing:
      return node.deep ? missing_fields(node) : missing(eval_all(node.args, scope), scope);
    case Op::missing_some:
      return missing_some(node, scope);
    case Op::choose:
    case Op::any_of:
    case Op::all_of:
      return decide(node, scope);
    case Op::equal:
    case Op::same:
    case Op::unequal:
    case Op::not_same:
    case Op::greater:
    case Op::greater_equal:
    case Op::less:
    case Op::less_equal:
      return compare(node, scope);
    case Op::negate:
    case Op::truth:
      return Item::boolean(truthy(argument(node, 0, scope)) == (node.op == Op::truth));
    case Op::max:
    case Op::min:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
      return calculate(node, scope);
    case Op::map:
    case Op::filter:
    case Op::reduce:
    case Op::all:
    case Op::none:
    case Op::some:
      return each(node, scope);
    case Op::merge:
      return merged(eval_all(node.args, scope));
    case Op::in:
      return contained(argument(node, 0, scope), argument(node, 1, scope));
    case Op::cat:
      return joined(node, scope);
    case Op::substr:
      return part(node, scope);
    case Op::log:  // there is nobody to tell
      return argument(node, 0, scope);
  }
  return {};  // not reached: the switch is exhaustive
}

bool Machine::may_go_on() {
  if (++steps_ > kMostSteps) raise("the rule takes too many steps for this record");
  if (memory_.used() > kMostBytes) raise("the rule takes too much memory for this record");
  return reason_ == nullptr;
}

Item Machine::raise(const char* reason) {
  if (reason_ == nullptr) reason_ = reason;
  return {};
}

std::vector<Item> Machine::eval_all(const std::vector<Node>& nodes, const Item* scope) {
  std::vector<Item> out;
  out.reserve(nodes.size());
  for (const Node& node : nodes) out.push_back(eval(node, scope));
  return out;
}

Item Machine::argument(const Node& node, std::size_t i, const Item* scope) {
  return i < node.args.size() ? eval(node.args[i], scope) : Item{};
}

Item Machine::listed(const std::vector<Item>& items) {
  const List* list = memory_.list(items);
  return list->depth > kDeepest ? raise("the rule nests lists too deep") : Item::of(list);
}

Item Machine::decide(const Node& node, const Item* scope) {
  const std::vector<Node>& args = node.args;
  if (node.op == Op::choose) {
    std::size_t i = 0;
    for (; i + 1 < args.size(); i += 2)
      if (truthy(eval(args[i], scope))) return eval(args[i + 1], scope);
    return i + 1 == args.size() ? eval(args[i], scope) : Item::null();
  }
  Item current;
  for (const Node& arg : args) {
    current = eval(arg, scope);
    if (truthy(current) == (node.op == Op::any_of)) return current;
  }
  return current;
}

Item Machine::compare(const Node& node, const Item* scope) {
  const Item a = argument(node, 0, scope), b = argument(node, 1, scope);
  switch (node.op) {
    case Op::equal:
      return Item::boolean(loosely_equal(a, b));
    case Op::unequal:
      return Item::boolean(!loosely_equal(a, b));
    case Op::same:
      return Item::boolean(strictly_equal(a, b));
    case Op::not_same:
      return Item::boolean(!strictly_equal(a, b));
    case Op::greater:
      return Item::boolean(order(a, b) == Order::greater);
    case Op::greater_equal: {
      const Order found = order(a, b);
      return Item::boolean(found == Order::greater || found == Order::equal);
    }
    default:
      break;
  }
  // < and <=, which may stand between three
  const auto before = [&](const Item& x, const Item& y) {
    const Order found = order(x, y);
    return found == Order::less || (node.op == Op::less_equal && found == Order::equal);
  };
  const Item c = argument(node, 2, scope);
  return Item::boolean(before(a, b) && (c.kind == Item::Kind::undefined || before(b, c)));
}

Item Machine::calculate(const Node& node, const Item* scope) {
  if (node.op == Op::max || node.op == Op::min) return extreme(node, scope);
  if (node.op == Op::add) {
    double sum = 0;
    for (const Node& arg : node.args) sum += leading(eval(arg, scope));
    return Item::of(sum);
  }
  if (node.op == Op::multiply) {
    if (node.args.empty()) return raise("* has nothing to multiply");
    if (node.args.size() == 1) return eval(node.args.front(), scope);  // as it is, not even a number
    double product = leading(eval(node.args.front(), scope));
    for (std::size_t i = 1; i < node.args.size(); ++i)  // a zero loses its sign on the way
      product = (product == 0 ? 0 : product) * leading(eval(node.args[i], scope));
    return Item::of(product);
  }
  const Item a = argument(node, 0, scope), b = argument(node, 1, scope);
  const double x = number(a).number;
  if (node.op == Op::subtract && b.kind == Item::Kind::undefined) return Item::of(-x);
  const double y = number(b).number;
  return Item::of(node.op == Op::subtract ? x - y : node.op == Op::divide ? x / y : std::fmod(x, y));
}

Item Machine::extreme(const Node& node, const Item* scope) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const bool largest = node.op == Op::max;
  double best = largest ? -kInfinity : kInfinity;
  for (const Node& arg : node.args) {
    const double value = number(eval(arg, scope)).number;
    if (std::isnan(best)) continue;
    const bool zero = value == 0 && best == 0 && std::signbit(best) == largest;  // -0 is less than 0 here
    if (std::isnan(value) || zero || (largest ? value > best : value < best)) best = value;
  }
  return Item::of(best);
}

Item Machine::each(const Node& node, const Item* scope) {
  const Item from = argument(node, 0, scope);
  const bool is_list = from.kind == Item::Kind::array;
  if (node.op == Op::reduce) return reduced(node, from, scope);
  if (node.op == Op::all && (!is_list || from.list->size == 0)) return Item::boolean(false);
  if (node.op == Op::none && !is_list) return Item::boolean(true);
  if (node.op == Op::some && !is_list) return Item::boolean(false);
  std::vector<Item> out;
  if (!is_list) return listed(out);
  for (const Item& element : from.list->span()) {
    const Item value = argument(node, 1, &element);
    if (reason_ != nullptr) return {};
    if (node.op == Op::map) {
      out.push_back(value);
    } else if (node.op == Op::filter) {
      if (truthy(value)) out.push_back(element);
    } else if (truthy(value) != (node.op == Op::all)) {
      return Item::boolean(node.op == Op::some);
    }
  }
  if (node.op == Op::map || node.op == Op::filter) return listed(out);
  return Item::boolean(node.op != Op::some);
}

Item Machine::reduced(const Node& node, const Item& from, const Item* scope) {
  Item accumulator = node.args.size() > 2 ? eval(node.args[2], scope) : Item::null();
  if (from.kind != Item::Kind::array) return accumulator;
  for (const Item& element : from.list->span()) {
    const Item seen = step(element, accumulator);
    accumulator = argument(node, 1, &seen);
    if (reason_ != nullptr) return {};
  }
  return accumulator;
}

Item Machine::joined(const Node& node, const Item* scope) {
  std::string out;
  for (const Node& arg : node.args) append_text(eval(arg, scope), out, true);
  return Item::of(memory_.keep(out));
}

Item Machine::merged(const std::vector<Item>& items) {
  std::vector<Item> out;
  for (const Item& item : items) {
    if (item.kind == Item::Kind::array)
      out.insert(out.end(), item.list->items, item.list->items + item.list->size);
    else
      out.push_back(item);
    if (out.size() * sizeof(Item) > kMostBytes) return raise("the rule takes too much memory for this record");
  }
  return listed(out);
}

Item Machine::contained(const Item& what, const Item& where) {
  if (where.kind == Item::Kind::string && !where.text.empty()) {
    std::string text;
    append_text(what, text, false);
    return Item::boolean(where.text.find(text) != std::string_view::npos);
  }
  if (where.kind != Item::Kind::array) return Item::boolean(false);
  return Item::boolean(
      std::ranges::any_of(where.list->span(), [&](const Item& item) { return strictly_equal(item, what); }));
}

}  // namespace logic

}  // namespace tandem::core
