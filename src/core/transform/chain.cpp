#include "core/transform/chain.hpp"

#include "base/strings.hpp"
#include "core/convert/problem.hpp"
#include "core/convert/json_elements.hpp"
#include "core/convert/json_value.hpp"
#include "core/transform/cast.hpp"

namespace tandem::core {

using base::Kind;
using base::Value;

namespace {

Problem cannot(const char* code, const Transform& step, const Value& value, std::string_view why,
               std::string_view suggestion = "Correct the record at its source, or change the column's to_local.") {
  return {code, error_type::kTransform,
          base::strcat(shown(value), " does not go through \"", transform_name(step.kind), "\": ", why),
          std::string(suggestion)};
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }

std::string_view each_letter(std::string_view text, base::TextArena& arena, char (*change)(char) noexcept) {
  char* const out = arena.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) out[i] = change(text[i]);
  return arena.commit(text.size());
}

std::optional<Problem> put_map(const Transform& step, const std::unordered_map<std::string_view, Value>& map,
                               const Value& constant, Value& value) {
  const auto found = value.kind == Kind::json ? map.end() : map.find(value.text);
  if (found == map.end() && !step.otherwise)
    return cannot(code::kUnmapped, step, value, "it is not one of the values that are mapped",
                  R"(Add it to the map of this column, or "*" for all other values.)");
  value = found == map.end() ? constant : found->second;
  return std::nullopt;
}

std::optional<Problem> put_date(const Transform& step, const DatePattern& pattern, Value& value,
                                base::TextArena& arena) {
  std::string out;
  if (const char* why = pattern.read(value, out))
    return cannot(code::kTransformFormat, step, value, base::strcat("it is not written as ", step.text, ": ", why));
  out += step.offset;
  value = {Kind::string, arena.keep(out)};
  return std::nullopt;
}

// "1.234,50" by its own signs, groups of exactly three digits. Numbers are numbers already.
std::optional<Problem> put_number(const Transform& step, Value& value, base::TextArena& arena) {
  if (value.kind == Kind::number) return std::nullopt;
  if (value.kind != Kind::string) return cannot(code::kTransformKind, step, value, "it is not text");
  const auto number = plain_number(value.text, step.decimal, step.group);
  if (!number) {
    return cannot(code::kTransformFormat, step, value,
                  base::strcat("it is no number with \"", step.decimal, "\" before its fraction",
                               step.group.empty() ? "" : base::strcat(" and \"", step.group, "\" between thousands")));
  }
  value = {Kind::number, arena.keep(*number)};
  return std::nullopt;
}

std::optional<Problem> put_split(const Transform& step, Value& value, base::TextArena& arena) {
  if (value.kind != Kind::string) return cannot(code::kTransformKind, step, value, "it is not text");
  base::Json parts = base::Json::array();
  std::string_view rest = value.text;
  while (!value.text.empty()) {
    const std::size_t at = rest.find(step.text);
    parts.push(base::Json(std::string(rest.substr(0, at))));
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at + step.text.size());
  }
  value = {Kind::json, arena.keep(parts.dump())};
  return std::nullopt;
}

std::optional<Problem> put_join(const Transform& step, Value& value, base::TextArena& arena) {
  if (value.kind != Kind::json || !value.text.starts_with('['))
    return cannot(code::kTransformKind, step, value, "it is not an array");
  std::string out;
  bool first = true;
  JsonElements elements(value.text);
  while (const auto raw = elements.next()) {
    const Value element = value_of_element(*raw, arena);
    if (element.kind == Kind::null) continue;
    if (element.kind == Kind::json || element.kind == Kind::broken)
      return cannot(code::kTransformKind, step, value, "an element of it is not text, a number or a boolean");
    if (!first) out += step.text;
    first = false;
    out += element.text;
  }
  value = {Kind::string, arena.keep(out)};
  return std::nullopt;
}

}  // namespace

TransformChain::TransformChain(std::span<const Transform> steps, base::TextArena& own, const TextCase* letters)
    : letters_(letters) {
  for (const Transform& given : steps.first(steps_before_sql(steps))) {
    Step step{.transform = given};
    step.constant = value_of_json(given.constant, own);
    for (const auto& [from, to] : given.map) step.map.emplace(own.keep(from), value_of_json(to, own));
    if (given.kind == Transform::Kind::date_format) step.pattern = DatePattern::parse(given.text).value();
    steps_.push_back(std::move(step));
  }
}

std::optional<Problem> TransformChain::apply(Value& value, base::TextArena& arena) const {
  for (const Step& step : steps_) {
    const bool nothing = value.kind == Kind::absent || value.kind == Kind::null;
    if (nothing && step.transform.kind != Transform::Kind::constant) continue;
    if (auto problem = put(step, value, arena)) return problem;
  }
  return std::nullopt;
}

std::string_view TransformChain::in_case(Transform::Kind kind, std::string_view text, base::TextArena& arena) const {
  if (kind == Transform::Kind::trim) return trimmed(text);
  const bool down = kind == Transform::Kind::lowercase;
  if (letters_ == nullptr) return each_letter(text, arena, down ? lower : upper);
  return down ? letters_->lower(text, arena) : letters_->upper(text, arena);
}

std::optional<Problem> TransformChain::put(const Step& step, Value& value, base::TextArena& arena) const {
  using Is = Transform::Kind;
  const Transform& transform = step.transform;
  switch (transform.kind) {
    case Is::trim:
    case Is::lowercase:
    case Is::uppercase:
      if (value.kind == Kind::json) return cannot(code::kTransformKind, transform, value, "it is not text");
      if (value.kind != Kind::string) return std::nullopt;
      value.text = in_case(transform.kind, value.text, arena);
      return std::nullopt;
    case Is::constant:
      value = step.constant;
      return std::nullopt;
    case Is::map:
      return put_map(transform, step.map, step.constant, value);
    case Is::cast:
      if (const char* why = cast_value(transform.type, value, arena))
        return cannot(code::kTransformFormat, transform, value,
                      base::strcat(why, " (cast to ", declared_type_name(transform.type), ')'));
      return std::nullopt;
    case Is::date_format:
      return put_date(transform, *step.pattern, value, arena);
    case Is::number_format:
      return put_number(transform, value, arena);
    case Is::split:
      return put_split(transform, value, arena);
    case Is::join:
      return put_join(transform, value, arena);
    case Is::lookup:
    case Is::function:
    case Is::sql:
      return std::nullopt;  // not in a chain
  }
  return std::nullopt;  // not reached: the switch is exhaustive
}

}  // namespace tandem::core
