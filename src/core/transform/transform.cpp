#include "core/transform/transform.hpp"

#include "core/transform/outward.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/convert/date_pattern.hpp"
#include "core/mapping/codes.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

using Kind = Transform::Kind;

// In the order of Kind.
constexpr std::array<std::string_view, 13> kNames{
    "trim",          "lowercase", "uppercase", "constant", "map",      "cast", "date_format",
    "number_format", "split",     "join",      "lookup",   "function", "sql"};
constexpr std::array<std::string_view, 2> kDateKeys{"pattern", "offset"};
constexpr std::array<std::string_view, 2> kNumberKeys{"decimal", "group"};
constexpr std::array<std::string_view, 3> kLookupKeys{"table", "key", "value"};
constexpr const char* kSteps =
    R"(Steps: "trim", "lowercase", "uppercase", {"constant"}, {"map"}, {"cast"}, {"date_format"}, {"number_format"}, )"
    R"({"split"}, {"join"}, {"lookup"}, {"function"}, {"sql"}.)";

bool has_argument(Kind kind) noexcept {
  return kind != Kind::trim && kind != Kind::lowercase && kind != Kind::uppercase;
}

class Reader {
 public:
  Reader(std::string path, Findings& findings) : path_(std::move(path)), findings_(findings) {}
  std::optional<Transform> step(const base::Json& json);

 private:
  bool argument(const base::Json& json, Transform& step);
  bool text(const base::Json& json, Transform& step, const char* example);
  bool map(const base::Json& json, Transform& step);
  bool cast(const base::Json& json, Transform& step);
  bool date_format(const base::Json& json, Transform& step);
  bool number_format(const base::Json& json, Transform& step);
  bool lookup(const base::Json& json, Transform& step);
  bool refuse(std::string message, std::string hint);

  std::string path_;
  Findings& findings_;
};

std::optional<Transform> Reader::step(const base::Json& json) {
  std::string_view name;
  if (json.is_string()) name = json.string();
  if (json.is_object() && json.members().size() == 1) name = json.members().front().first;
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) {
    if (name.empty())
      refuse("a transform is a word or an object with one key", kSteps);
    else
      refuse(base::strcat("there is no transform \"", name, '"'), nearest_hint(name, kNames, "Transforms"));
    return std::nullopt;
  }
  Transform out{.kind = static_cast<Kind>(found - kNames.begin())};
  if (has_argument(out.kind) == json.is_string()) {
    refuse(base::strcat("transform \"", name, json.is_string() ? "\" needs an argument" : "\" takes no argument"),
           json.is_string() ? base::strcat("Write {\"", name, "\": …}.") : base::strcat("Write \"", name, "\"."));
    return std::nullopt;
  }
  if (json.is_string()) return out;
  return argument(json.members().front().second, out) ? std::optional(std::move(out)) : std::nullopt;
}

bool Reader::argument(const base::Json& json, Transform& step) {
  switch (step.kind) {
    case Kind::trim:
    case Kind::lowercase:
    case Kind::uppercase:
      return true;
    case Kind::constant:
      step.constant = json;
      return true;
    case Kind::map:
      return map(json, step);
    case Kind::cast:
      return cast(json, step);
    case Kind::date_format:
      return date_format(json, step);
    case Kind::number_format:
      return number_format(json, step);
    case Kind::split:
      return text(json, step, R"({"split": ","})");
    case Kind::join:
      return text(json, step, R"({"join": ", "})");
    case Kind::lookup:
      return lookup(json, step);
    case Kind::function:
      return text(json, step, R"x({"function": "public.clean_phone(text)"})x");
    case Kind::sql:
      return text(json, step, R"({"sql": "value::numeric / 100"})");
  }
  return false;  // not reached: the switch is exhaustive
}

bool Reader::text(const base::Json& json, Transform& step, const char* example) {
  if (json.is_string() && !json.string().empty()) {
    step.text = json.string();
    return true;
  }
  return refuse(base::strcat("transform \"", transform_name(step.kind), "\" needs text"),
                base::strcat("Write ", example, "."));
}

bool Reader::map(const base::Json& json, Transform& step) {
  if (!json.is_object() || json.members().empty()) {
    return refuse("transform \"map\" needs an object with at least one member",
                  R"(Write {"map": {"Y": true, "N": false}}; "*" stands for every other value.)");
  }
  for (const auto& [from, to] : json.members()) {
    if (from == "*") {
      step.otherwise = true;
      step.constant = to;
    } else {
      step.map.emplace_back(from, to);
    }
  }
  return true;
}

bool Reader::cast(const base::Json& json, Transform& step) {
  const auto type = json.is_string() ? declared_type(json.string()) : std::nullopt;
  if (type) {
    step.type = *type;
    return true;
  }
  return refuse(json.is_string() ? base::strcat("there is no type \"", json.string(), "\" to cast to")
                                 : std::string("transform \"cast\" needs the name of a type"),
                R"(Types: string, number, integer, boolean, date, date-time, json, array. For types of the database: )"
                R"x({"sql": "value::numeric(10,2)"}.)x");
}

bool Reader::date_format(const base::Json& json, Transform& step) {
  if (json.is_object()) {
    ObjectReader in(json, path_, kDateKeys, findings_);
    const auto pattern = in.text("pattern");
    step.text = pattern.value_or("");
    step.offset = in.text("offset").value_or("");
    if (!pattern && in.find("pattern") == nullptr) in.missing("pattern");
    if (!pattern) return false;
  } else if (!text(json, step, R"({"date_format": "DD.MM.YYYY"})")) {
    return false;
  }
  auto pattern = DatePattern::parse(step.text);
  if (!pattern) return refuse(pattern.error().text, pattern.error().hint);
  if (step.offset.empty()) return true;
  if (!is_utc_offset(step.offset))
    return refuse(base::strcat("\"", step.offset, "\" is no offset from UTC"), "Write Z or an offset like +01:00.");
  if (!pattern.value().has_clock() || pattern.value().has_zone())
    return refuse("an offset is of use only to a pattern with a time of day and without one of its own",
                  "Leave \"offset\" out.");
  return true;
}

bool Reader::number_format(const base::Json& json, Transform& step) {
  if (!json.is_object()) {
    return refuse("transform \"number_format\" needs an object",
                  R"(Write {"number_format": {"decimal": ",", "group": "."}}.)");
  }
  ObjectReader in(json, path_, kNumberKeys, findings_);
  step.decimal = in.text("decimal").value_or(".");
  step.group = in.text("group").value_or("");
  const auto odd = [](std::string_view text) { return text.find_first_of("0123456789+-eE") != std::string_view::npos; };
  if (odd(step.decimal) || odd(step.group) || step.decimal == step.group)
    return refuse("decimal and group must be two different signs, neither of them part of a number", {});
  return true;
}

bool Reader::lookup(const base::Json& json, Transform& step) {
  if (!json.is_object()) {
    return refuse("transform \"lookup\" needs an object",
                  R"(Write {"lookup": {"table": "public.countries", "key": "code", "value": "id"}}.)");
  }
  ObjectReader in(json, path_, kLookupKeys, findings_);
  for (const char* key : {"table", "key", "value"})
    if (in.find(key) == nullptr) in.missing(key);
  step.table = in.text("table").value_or("");
  step.key = in.text("key").value_or("");
  step.value = in.text("value").value_or("");
  return !step.table.empty() && !step.key.empty() && !step.value.empty();
}

bool Reader::refuse(std::string message, std::string hint) {
  findings_.push_back(
      {.path = path_, .message = std::move(message), .hint = std::move(hint), .code = mapping_code::kWrongTransform});
  return false;
}

// What the database does after its first step is SQL; these steps have no equal there.
bool has_no_equal(Kind kind) {
  return kind == Kind::cast || kind == Kind::date_format || kind == Kind::number_format || kind == Kind::split ||
         kind == Kind::join;
}

void check_order(std::span<const Transform> steps, const std::string& path, Findings& findings) {
  const std::size_t first = steps_before_sql(steps);
  for (std::size_t i = first; i < steps.size(); ++i) {
    if (!has_no_equal(steps[i].kind)) continue;
    findings.push_back(
        {.path = path,
         .message = base::strcat("transform \"", transform_name(steps[i].kind), "\" cannot come after \"",
                                 transform_name(steps[first].kind), "\", which the database does"),
         .hint = base::strcat("Move it before \"", transform_name(steps[first].kind),
                              "\", or say it in SQL: {\"sql\": \"…\"}."),
         .code = mapping_code::kTransformOrder});
  }
}

void check_outward_order(std::span<const Transform> steps, const std::string& path, Findings& findings) {
  const std::size_t count = steps_of_sql(steps);
  for (const Transform& step : steps.first(count)) {
    if (!has_no_equal(step.kind)) continue;
    const std::string_view last = transform_name(steps[count - 1].kind);
    findings.push_back({.path = path,
                        .message = base::strcat("transform \"", transform_name(step.kind), "\" cannot come before \"",
                                                last, "\", which the database does"),
                        .hint = base::strcat("Move it behind \"", last, "\", or say it in SQL: {\"sql\": \"…\"}."),
                        .code = mapping_code::kTransformOrder});
  }
}

std::vector<Transform> read_steps(const base::Json& json, const std::string& path, Findings& findings) {
  std::vector<Transform> out;
  if (json.is_array()) {
    std::size_t position = 0;
    for (const base::Json& item : json.items())
      if (auto step = Reader(path_join(path, std::to_string(position++)), findings).step(item))
        out.push_back(*std::move(step));
  } else if (auto step = Reader(path, findings).step(json)) {
    out.push_back(*std::move(step));
  }
  return out;
}

}  // namespace

std::string_view transform_name(Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

bool needs_sql(Kind kind) noexcept { return kind == Kind::lookup || kind == Kind::function || kind == Kind::sql; }

std::size_t steps_before_sql(std::span<const Transform> steps) noexcept {
  const auto first = std::ranges::find_if(steps, [](const Transform& step) { return needs_sql(step.kind); });
  return static_cast<std::size_t>(first - steps.begin());
}

std::vector<Transform> read_transforms(const base::Json& json, const std::string& path, Findings& findings) {
  std::vector<Transform> out = read_steps(json, path, findings);
  check_order(out, path, findings);
  return out;
}

std::vector<Transform> read_outward_transforms(const base::Json& json, const std::string& path, Findings& findings) {
  std::vector<Transform> out = read_steps(json, path, findings);
  check_outward_order(out, path, findings);
  return out;
}

std::size_t steps_of_sql(std::span<const Transform> to_remote) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < to_remote.size(); ++i)
    if (needs_sql(to_remote[i].kind)) count = i + 1;
  return count;
}

DeclaredType type_after(DeclaredType from, std::span<const Transform> steps) noexcept {
  DeclaredType type = from;
  for (const Transform& step : steps) {
    switch (step.kind) {
      case Kind::trim:
      case Kind::lowercase:
      case Kind::uppercase:
        break;
      case Kind::constant:
      case Kind::map:
      case Kind::lookup:
      case Kind::function:
      case Kind::sql:
        type = DeclaredType::none;
        break;
      case Kind::cast:
        type = step.type;
        break;
      case Kind::date_format: {
        const auto pattern = DatePattern::parse(step.text);
        type = pattern && pattern.value().has_date()
                   ? pattern.value().has_clock() ? DeclaredType::date_time : DeclaredType::date
                   : DeclaredType::none;
        break;
      }
      case Kind::number_format:
        type = DeclaredType::number;
        break;
      case Kind::split:
        type = DeclaredType::array;
        break;
      case Kind::join:
        type = DeclaredType::string;
        break;
    }
  }
  return type;
}

namespace {

bool each_once(const Transform& map) {
  for (std::size_t i = 0; i < map.map.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (map.map[i].second == map.map[j].second) return false;
  return true;
}

}  // namespace

const Transform* first_one_way(std::span<const Transform> steps) noexcept {
  for (const Transform& step : steps) {
    const bool lossy = step.kind == Kind::constant || step.kind == Kind::function || step.kind == Kind::sql ||
                       step.kind == Kind::lookup || (step.kind == Kind::map && (step.otherwise || !each_once(step)));
    if (lossy) return &step;
  }
  return nullptr;
}

}  // namespace tandem::core
