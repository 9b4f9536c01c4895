#include "core/push/out_steps.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/convert/decimal.hpp"
#include "core/convert/json_elements.hpp"
#include "core/convert/json_value.hpp"
#include "core/convert/problem.hpp"
#include "core/push/print_format.hpp"
#include "core/transform/outward.hpp"

namespace tandem::core {

using base::Kind;
using base::Value;
using Is = Transform::Kind;

namespace {

Problem cannot(const char* code, const Transform& step, const Value& value, std::string_view why,
               std::string_view suggestion = "Correct the row, or change the column's to_remote.") {
  return {code, error_type::kTransform,
          base::strcat(shown(value), " does not go back through \"", transform_name(step.kind), "\": ", why),
          std::string(suggestion)};
}

bool same(const Value& a, const Value& b) {
  if (a.text == b.text) return true;
  if (a.kind != Kind::number || b.kind != Kind::number) return false;
  const auto left = Decimal::parse(a.text), right = Decimal::parse(b.text);
  return left && right && left->same_value(*right);
}

std::optional<Problem> put_map_back(const Transform& step, std::span<const std::pair<Value, Value>> map, Value& value) {
  const auto found =
      std::ranges::find_if(map, [&](const auto& pair) { return value.kind != Kind::json && same(pair.first, value); });
  if (found == map.end())
    return cannot(code::kUnmapped, step, value, "nothing is mapped to it",
                  R"(Add it to the map of this column, or give a "to_remote".)");
  value = found->second;
  return std::nullopt;
}

// Elements put together; what splitting would not give again is refused.
std::optional<Problem> put_split_back(const Transform& step, Value& value, base::TextArena& arena) {
  if (value.kind != Kind::json || !value.text.starts_with('['))
    return cannot(code::kTransformKind, step, value, "it is not an array");
  std::string out;
  std::size_t count = 0;
  bool odd = false;
  JsonElements elements(value.text);
  while (const auto raw = elements.next()) {
    const Value element = value_of_element(*raw, arena);
    if (element.kind == Kind::null || element.kind == Kind::json || element.kind == Kind::broken)
      return cannot(code::kTransformKind, step, value, "an element of it is not text, a number or a boolean");
    odd = odd || element.text.find(step.text) != std::string_view::npos;
    if (count++ > 0) out += step.text;
    out += element.text;
  }
  if (odd || (count > 0 && out.empty()))
    return cannot(code::kTransformFormat, step, value,
                  odd ? base::strcat("an element of it contains \"", step.text, '"') : "its only element is empty");
  value = {Kind::string, arena.keep(out)};
  return std::nullopt;
}

}  // namespace

OutSteps::OutSteps(const ColumnMapping& column, base::TextArena& own, const TextCase* letters) {
  if (!column.to_remote.empty()) {
    for (const Transform& step : std::span(column.to_remote).subspan(steps_of_sql(column.to_remote)))
      add(step.kind == Is::date_format     ? Way::date
          : step.kind == Is::number_format ? Way::number
                                           : Way::forward,
          step, own, letters);
    return;
  }
  for (auto at = column.to_local.rbegin(); at != column.to_local.rend(); ++at) {
    const Transform& step = *at;
    switch (step.kind) {
      case Is::map:
        add(Way::map_back, step, own, letters);
        break;
      case Is::date_format:
        add(Way::date, step, own, letters);
        break;
      case Is::number_format:
        add(Way::number, step, own, letters);
        break;
      case Is::split:
        add(Way::split_back, step, own, letters);
        break;
      case Is::join:
        add(Way::join_back, step, own, letters);
        break;
      case Is::trim:
      case Is::lowercase:
      case Is::uppercase:
      case Is::cast:      // what kind the field wants is known by other means
      case Is::constant:  // these want a to_remote (first_one_way)
      case Is::lookup:
      case Is::function:
      case Is::sql:
        break;
    }
  }
}

void OutSteps::add(Way way, const Transform& transform, base::TextArena& own, const TextCase* letters) {
  Step step{.way = way, .transform = transform};
  if (way == Way::forward) {
    step.chain = TransformChain(std::span(&transform, 1), own, letters);
    decide_kind_ = decide_kind_ || transform.kind == Is::map || transform.kind == Is::constant ||
                   transform.kind == Is::cast || transform.kind == Is::join;
  }
  if (way == Way::date) step.pattern = DatePattern::parse(transform.text).value();
  if (way == Way::map_back)
    for (const auto& [from, to] : transform.map)
      step.map.emplace_back(value_of_json(to, own), Value{Kind::string, own.keep(from)});
  steps_.push_back(std::move(step));
}

std::optional<Problem> OutSteps::apply(Value& value, base::TextArena& arena) const {
  for (const Step& step : steps_) {
    const bool nothing = value.kind == Kind::absent || value.kind == Kind::null;
    if (nothing && step.transform.kind != Is::constant) continue;
    std::optional<Problem> problem;
    const auto printed = [&](const char* why) {
      if (why != nullptr) problem = cannot(code::kTransformFormat, step.transform, value, why);
    };
    switch (step.way) {
      case Way::forward:
        problem = step.chain.apply(value, arena);
        break;
      case Way::map_back:
        problem = put_map_back(step.transform, step.map, value);
        break;
      case Way::date:
        printed(print_date(*step.pattern, step.transform.offset, value, arena));
        break;
      case Way::number:
        printed(print_number(step.transform.decimal, step.transform.group, value, arena));
        break;
      case Way::split_back:
        problem = put_split_back(step.transform, value, arena);
        break;
      case Way::join_back: {
        Transform split = step.transform;
        split.kind = Is::split;
        problem = TransformChain(std::span(&split, 1), arena, nullptr).apply(value, arena);
        break;
      }
    }
    if (problem) return problem;
  }
  return std::nullopt;
}

}  // namespace tandem::core
