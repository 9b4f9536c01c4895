// Conditions: JSON Logic (jsonlogic.com) as json-logic-js 2.x evaluates it, compiled once
// into a tree. Top-level fields that the rule names are collected, so that the page reader
// extracts them with the mapped ones and most records are judged without being parsed;
// nested values, and the whole record, are read where a rule looks into them.
// Where we differ: a key with dots is the literal key if there is one, else a path; whole
// numbers are compared by all their digits; what would be an exception there, and work
// without end, is an error of the record.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/page_reader.hpp"
#include "base/value.hpp"
#include "core/mapping/finding.hpp"
#include "core/logic/value.hpp"

namespace tandem::core {

namespace logic {

enum class Op : std::uint8_t {
  constant,
  list,   // an array in the rule: of its elements' values
  field,  // var of the record by a name that stands in the rule
  var,
  missing,
  missing_some,
  choose,  // if, ?:
  equal,
  same,
  unequal,
  not_same,
  negate,
  truth,
  any_of,  // or
  all_of,  // and
  greater,
  greater_equal,
  less,
  less_equal,
  max,
  min,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  map,
  filter,
  reduce,
  all,
  none,
  some,
  merge,
  in,
  cat,
  substr,
  log,
};

struct Node {
  Op op = Op::constant;
  Item constant = {};       // constant; field: its name
  std::uint32_t field = 0;  // of fields()
  bool deep = false;  // field: the path may lead into a text or to a length, which the page reader does not follow;
                      // missing: its arguments are fields that stand in the rule
  std::vector<Node> args = {};
};

}  // namespace logic

class Condition {
 public:
  // `path` is where the rule stands, for findings; what is no rule (an unknown operator, a wrong number of arguments,
  // several keys) is one. With errors among them the condition must not be used.
  static Condition compile(const base::Json& rule, const std::string& path, Findings& findings);

  // What to extract from each record, in the order that test() wants the values.
  [[nodiscard]] const std::vector<base::FieldPath>& fields() const noexcept { return fields_; }
  [[nodiscard]] const logic::Node& root() const noexcept { return root_; }

 private:
  friend class ConditionCompiler;
  logic::Node root_;
  std::vector<base::FieldPath> fields_;
  std::unique_ptr<logic::Memory> memory_;  // of constants
};

// Evaluates one condition record by record; keeps its memory from one to the next.
class ConditionTest {
 public:
  explicit ConditionTest(const Condition& condition);  // borrowed

  enum class Verdict { pass, skip, raised };
  // `values` in the order of fields(); `raw` is the record.
  Verdict test(std::span<const base::Value> values, std::string_view raw);
  // After `raised`: why.
  [[nodiscard]] std::string_view reason() const noexcept { return reason_; }

  // The value itself, in a notation of its own, for tests: 1, "text", [..], {..}, null, undefined.
  std::string value(std::span<const base::Value> values, std::string_view raw);

 private:
  const Condition& condition_;
  logic::Memory memory_;
  std::vector<logic::Item> read_;  // nested fields of this record that were read
  std::string_view reason_;
};

}  // namespace tandem::core
