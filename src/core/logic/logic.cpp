#include "core/logic/logic.hpp"

#include <algorithm>
#include <cmath>

#include "base/strings.hpp"
#include "core/logic/machine.hpp"

namespace tandem::core {

namespace {

using logic::Item;

// A notation that tells apart all that JavaScript tells apart; texts have their length in bytes before them.
void describe(const Item& item, std::string& out) {
  switch (item.kind) {
    case Item::Kind::undefined:
      out += "undefined";
      return;
    case Item::Kind::null:
      out += "null";
      return;
    case Item::Kind::boolean:
      out += item.truth ? "true" : "false";
      return;
    case Item::Kind::number:
      if (item.number == 0 && std::signbit(item.number)) out += '-';
      logic::append_number(item, out);
      return;
    case Item::Kind::string:
      out += base::strcat(item.text.size(), ":", item.text);
      return;
    case Item::Kind::array:
      out += '[';
      for (const Item& element : item.list->span()) {
        describe(element, out);
        out += ' ';
      }
      out += ']';
      return;
    case Item::Kind::object:
      out += '{';
      for (std::uint32_t i = 0; i < item.map->size; ++i) {
        out += base::strcat(item.map->members[i].key, "=");
        describe(item.map->members[i].value, out);
        out += ' ';
      }
      out += '}';
      return;
  }
}

}  // namespace

ConditionTest::ConditionTest(const Condition& condition)
    : condition_(condition), read_(condition.fields().size() + 1) {}

ConditionTest::Verdict ConditionTest::test(std::span<const base::Value> values, std::string_view raw) {
  memory_.clear();
  std::ranges::fill(read_, Item{});
  logic::Machine machine(values, raw, memory_, read_);
  const bool passes = logic::truthy(machine.eval(condition_.root(), nullptr));
  if (machine.reason() == nullptr) return passes ? Verdict::pass : Verdict::skip;
  reason_ = machine.reason();
  return Verdict::raised;
}

std::string ConditionTest::value(std::span<const base::Value> values, std::string_view raw) {
  memory_.clear();
  std::ranges::fill(read_, Item{});
  logic::Machine machine(values, raw, memory_, read_);
  std::string out;
  const Item item = machine.eval(condition_.root(), nullptr);
  if (machine.reason() != nullptr) return base::strcat("raised: ", machine.reason());
  describe(item, out);
  return out;
}

}  // namespace tandem::core
