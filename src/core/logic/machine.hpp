// The evaluator behind ConditionTest: one per record. Nothing throws; what cannot go on
// raises a reason, after which every value is undefined and the record is not judged.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"
#include "core/logic/logic.hpp"
#include "core/logic/value.hpp"

namespace tandem::core::logic {

class Machine {
 public:
  Machine(std::span<const base::Value> values, std::string_view raw, Memory& memory, std::vector<Item>& read)
      : values_(values), raw_(raw), memory_(memory), read_(read) {}

  // `scope` is the element that a rule inside map, filter, … sees; null: the record.
  Item eval(const Node& node, const Item* scope);
  [[nodiscard]] const char* reason() const noexcept { return reason_; }

 private:
  // logic_eval.cpp: the operators
  bool may_go_on();
  Item raise(const char* reason);
  std::vector<Item> eval_all(const std::vector<Node>& nodes, const Item* scope);
  Item argument(const Node& node, std::size_t i, const Item* scope);
  Item listed(const std::vector<Item>& items);
  Item decide(const Node& node, const Item* scope);
  Item compare(const Node& node, const Item* scope);
  Item calculate(const Node& node, const Item* scope);
  Item extreme(const Node& node, const Item* scope);
  Item each(const Node& node, const Item* scope);
  Item reduced(const Node& node, const Item& from, const Item* scope);
  Item joined(const Node& node, const Item* scope);
  Item merged(const std::vector<Item>& items);
  Item contained(const Item& what, const Item& where);

  // logic_machine.cpp: where values come from, and what they turn into
  Item record();
  Item field(const Node& node);
  Item variable(const Node& node, const Item* scope);
  Item look_up(const Item& key, const Item* scope);
  Item descend(const Item& from, std::string_view path);
  Item missing(const std::vector<Item>& arguments, const Item* scope);
  Item missing_fields(const Node& node);
  Item missing_some(const Node& node, const Item* scope);
  Item step(const Item& current, const Item& accumulator);
  Item part(const Node& node, const Item* scope);
  void append_text(const Item& item, std::string& out, bool nothing_is_empty);
  Item primitive(const Item& item);
  Item number(const Item& item);
  double leading(const Item& item);
  bool loosely_equal(Item a, Item b);
  Order order(const Item& a, const Item& b);

  std::span<const base::Value> values_;
  std::string_view raw_;
  Memory& memory_;
  std::vector<Item>& read_;  // by field; the last is the record
  const char* reason_ = nullptr;
  std::int64_t steps_ = 0;
};

}  // namespace tandem::core::logic
