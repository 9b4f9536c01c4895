#include <algorithm>
#include <array>
#include <cstring>

#include "base/strings.hpp"
#include "core/logic/logic.hpp"
#include "core/mapping/codes.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

using base::Json;
using base::strcat;
using logic::Item;
using logic::Node;
using logic::Op;

namespace {

constexpr std::size_t kAny = 1'000'000;

struct Operator {
  std::string_view name;
  Op op;
  std::size_t least, most;
};
constexpr auto kOperators = std::to_array<Operator>({
    {"var", Op::var, 0, 2},
    {"missing", Op::missing, 0, kAny},
    {"missing_some", Op::missing_some, 2, 2},
    {"if", Op::choose, 1, kAny},
    {"?:", Op::choose, 1, kAny},
    {"==", Op::equal, 2, 2},
    {"===", Op::same, 2, 2},
    {"!=", Op::unequal, 2, 2},
    {"!==", Op::not_same, 2, 2},
    {"!", Op::negate, 1, 1},
    {"!!", Op::truth, 1, 1},
    {"or", Op::any_of, 1, kAny},
    {"and", Op::all_of, 1, kAny},
    {">", Op::greater, 2, 2},
    {">=", Op::greater_equal, 2, 2},
    {"<", Op::less, 2, 3},
    {"<=", Op::less_equal, 2, 3},
    {"max", Op::max, 1, kAny},
    {"min", Op::min, 1, kAny},
    {"+", Op::add, 1, kAny},
    {"-", Op::subtract, 1, 2},
    {"*", Op::multiply, 1, kAny},
    {"/", Op::divide, 2, 2},
    {"%", Op::modulo, 2, 2},
    {"map", Op::map, 2, 2},
    {"filter", Op::filter, 2, 2},
    {"reduce", Op::reduce, 2, 3},
    {"all", Op::all, 2, 2},
    {"none", Op::none, 2, 2},
    {"some", Op::some, 2, 2},
    {"merge", Op::merge, 0, kAny},
    {"in", Op::in, 2, 2},
    {"cat", Op::cat, 0, kAny},
    {"substr", Op::substr, 2, 3},
    {"log", Op::log, 1, 1},
});

const Operator* find_operator(std::string_view name) {
  const auto found = std::ranges::find(kOperators, name, &Operator::name);
  return found == kOperators.end() ? nullptr : &*found;
}

bool is_rule(const Json& json) { return json.is_object() && json.members().size() == 1; }

// The operators whose second argument sees an element instead of the record.
bool opens_scope(Op op) {
  return op == Op::map || op == Op::filter || op == Op::reduce || op == Op::all || op == Op::none || op == Op::some;
}

}  // namespace

class ConditionCompiler {
 public:
  ConditionCompiler(Condition& out, Findings& findings) : out_(out), findings_(findings) {}

  Node node(const Json& json, const std::string& path) {
    if (json.is_array()) return list(json, path);
    if (!is_rule(json)) {
      check_constant(json, path);
      return {.constant = item(json)};
    }
    const auto& [name, values] = json.members().front();
    const Operator* known = find_operator(name);
    if (known == nullptr) {
      static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> all;
        for (const Operator& op : kOperators) all.push_back(op.name);
        return all;
      }();
      error(path_join(path, name), strcat("unknown operator \"", name, '"'), nearest_hint(name, names, "Operators"));
      return {};
    }
    return operation(*known, values, path_join(path, name));
  }

  [[nodiscard]] bool looks_at_record() const noexcept { return looks_; }

 private:
  Node list(const Json& json, const std::string& path) {
    Node out{.op = Op::list};
    for (const Json& element : json.items())
      out.args.push_back(node(element, path_join(path, std::to_string(out.args.size()))));
    const bool constant = std::ranges::all_of(out.args, [](const Node& arg) { return arg.op == Op::constant; });
    if (!constant) return out;
    std::vector<Item> items;
    for (const Node& arg : out.args) items.push_back(arg.constant);
    return {.constant = Item::of(out_.memory_->list(items))};
  }

  Node operation(const Operator& known, const Json& values, const std::string& path) {
    const std::size_t given = values.is_array() ? values.items().size() : 1;
    if (given < known.least || given > known.most) {
      const std::string wanted = known.most == kAny          ? strcat("at least ", known.least)
                                 : known.least == known.most ? strcat(known.least)
                                                             : strcat(known.least, " to ", known.most);
      error(path, strcat('"', known.name, "\" takes ", wanted,
                         known.most == 1 || (known.most == kAny && known.least == 1) ? " argument" : " arguments",
                         ", not ", given));
    }
    Node out{.op = known.op};
    for (std::size_t i = 0; i < given; ++i) {
      const bool scope = i == 1 && opens_scope(known.op);
      depth_ += scope ? 1 : 0;
      out.args.push_back(values.is_array() ? node(values.items()[i], path_join(path, std::to_string(i)))
                                           : node(values, path));
      depth_ -= scope ? 1 : 0;
    }
    looks_ = looks_ || known.op == Op::var || known.op == Op::missing || known.op == Op::missing_some;
    if (depth_ == 0 && known.op == Op::var) make_field(out);
    if (depth_ == 0 && known.op == Op::missing) make_missing(out);
    return out;
  }

  // {"var": "name"} and {"var": ["name", default]}; what stays in args is the default.
  void make_field(Node& var) {
    if (var.args.empty() || var.args.front().op != Op::constant) return;
    const Item& name = var.args.front().constant;
    std::string text;
    if (name.kind == Item::Kind::string)
      text = name.text;
    else if (name.kind == Item::Kind::number)
      logic::append_number(name, text);
    if (text.empty() || text == "*") return;  // the whole record; or what the page reader takes for it
    var.op = Op::field;
    var.constant = Item::of(out_.memory_->keep(text));
    var.field = field(text, var.deep);
    var.args.erase(var.args.begin());
  }

  // With keys that stand in the rule, each is a field; else they are looked up in the whole record.
  void make_missing(Node& missing) {
    const bool one_list = missing.args.size() == 1 && missing.args.front().op == Op::constant &&
                          missing.args.front().constant.kind == Item::Kind::array;
    std::vector<Item> keys;
    if (one_list) {
      const auto items = missing.args.front().constant.list->span();
      keys.assign(items.begin(), items.end());
    } else {
      for (const Node& arg : missing.args) keys.push_back(arg.op == Op::constant ? arg.constant : Item{});
    }
    std::vector<Node> fields;
    for (const Item& key : keys) {
      Node var{.op = Op::var, .args = {Node{.constant = key}}};
      if (key.kind == Item::Kind::string || key.kind == Item::Kind::number) make_field(var);
      if (var.op != Op::field) return;
      var.constant = key;  // what is answered: 1 stays a number
      fields.push_back(std::move(var));
    }
    missing.args = std::move(fields);
    missing.deep = true;
  }

  std::uint32_t field(const std::string& name, bool& deep) {
    base::FieldPath path{name, {}};
    if (name.find('.') != std::string::npos) path.path = base::split(name, '.');
    for (std::size_t i = 1; i < path.path.size(); ++i) {
      const std::string& step = path.path[i];
      deep = deep || step == "length" || (!step.empty() && step.find_first_not_of("0123456789") == std::string::npos);
    }
    const auto known = std::ranges::find(out_.fields_, name, &base::FieldPath::literal);
    if (known != out_.fields_.end()) return static_cast<std::uint32_t>(known - out_.fields_.begin());
    out_.fields_.push_back(std::move(path));
    return static_cast<std::uint32_t>(out_.fields_.size() - 1);
  }

  // An object that is no rule is a value; one with an operator among several keys is a mistake.
  void check_constant(const Json& json, const std::string& path) {
    if (!json.is_object()) return;
    for (const auto& [key, value] : json.members()) {
      if (find_operator(key) == nullptr) continue;
      error(path,
            strcat("an object with ", json.members().size(), " keys is no rule: it must have \"", key, "\" alone"),
            "Put several rules into {\"and\": [ … ]} or {\"or\": [ … ]}.");
      return;
    }
  }

  Item item(const Json& json) {
    switch (json.kind()) {
      case Json::Kind::null:
        return Item::null();
      case Json::Kind::boolean:
        return Item::boolean(json.boolean());
      case Json::Kind::integer:
      case Json::Kind::real:
        return Item::token(out_.memory_->keep(json.dump()));
      case Json::Kind::string:
        return Item::of(out_.memory_->keep(json.string()));
      case Json::Kind::array:
      case Json::Kind::object:
        return logic::read_json(out_.memory_->keep(json.dump()), *out_.memory_);
    }
    return {};  // not reached: the switch is exhaustive
  }

  void error(const std::string& path, std::string message, std::string hint = {}) {
    findings_.push_back(
        {.path = path, .message = std::move(message), .hint = std::move(hint), .code = mapping_code::kBadCondition});
  }

  Condition& out_;
  Findings& findings_;
  int depth_ = 0;  // of scopes
  bool looks_ = false;
};

Condition Condition::compile(const Json& rule, const std::string& path, Findings& findings) {
  Condition out;
  out.memory_ = std::make_unique<logic::Memory>();
  ConditionCompiler compiler(out, findings);
  const std::size_t before = findings.size();
  out.root_ = compiler.node(rule, path);
  if (findings.size() == before && !compiler.looks_at_record()) {
    findings.push_back({.severity = Severity::warning,
                        .path = path,
                        .message = "the rule looks at no field, so it is the same for every record",
                        .hint = "Fields are named by {\"var\": \"field\"}.",
                        .code = mapping_code::kConstantCondition});
  }
  return out;
}

}  // namespace tandem::core
