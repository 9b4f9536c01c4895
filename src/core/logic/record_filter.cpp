#include "core/logic/record_filter.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/mapping/codes.hpp"
#include "core/mapping/sound.hpp"

namespace tandem::core {

using base::Json;
using base::strcat;

namespace {

Json rule(const char* op, std::vector<Json> args) { return Json::object({{op, Json::array(std::move(args))}}); }

// What goes into the query: one text, number or boolean. Several values, and null, are for us alone.
const Json* sent_value(const Json& wanted) {
  const Json* value = &wanted;
  if (wanted.is_array()) value = wanted.items().size() == 1 ? &wanted.items().front() : nullptr;
  return value == nullptr || value->is_null() ? nullptr : value;
}

const std::string* sent_param(const Mapping& mapping, const Object& object, const Mapping::Filter& filter) {
  if (mapping.delete_mode != DeleteMode::ignore || sent_value(filter.wanted) == nullptr) return nullptr;
  const auto known = std::ranges::find(object.filters, filter.field, &Params::value_type::first);
  if (known == object.filters.end()) return nullptr;
  const bool taken =
      std::ranges::find(mapping.params, known->second, &Params::value_type::first) != mapping.params.end();
  return taken ? nullptr : &known->second;
}

// Equal to one of the wanted values. Where the server has been asked and the record does not have the field, it is
// believed: such a field has the wanted value by default.
Json filter_rule(const Mapping::Filter& filter, bool sent) {
  const std::vector<Json> one{filter.wanted};
  const std::vector<Json>& wanted = filter.wanted.is_array() ? filter.wanted.items() : one;
  std::vector<Json> alternatives;
  for (const Json& value : wanted) {
    std::vector<Json> name{Json(filter.field)};
    if (sent) name.push_back(value);
    alternatives.push_back(rule("==", {rule("var", std::move(name)), value}));
  }
  return rule("or", std::move(alternatives));
}

// Both filters and conditions; null: all records.
Json record_rule(const Mapping& mapping, const Object& object) {
  std::vector<Json> rules;
  for (const Mapping::Filter& filter : mapping.filters)
    rules.push_back(filter_rule(filter, sent_param(mapping, object, filter) != nullptr));
  if (mapping.conditions) rules.push_back(*mapping.conditions);
  return rules.empty() ? Json() : rule("and", std::move(rules));
}

bool is_scalar(const Json& json) { return !json.is_array() && !json.is_object(); }

}  // namespace

void read_filters(ObjectReader& in, Mapping& mapping) {
  const Json* filters = in.find("filters");
  if (filters == nullptr) return;
  if (!filters->is_object()) {
    in.error("filters", strcat("must be an object, not ", Json::kind_name(filters->kind())),
             R"(Write {"status": "active", "region": ["eu", "us"]}.)", finding_code::kWrongKind);
    return;
  }
  for (const auto& [field, wanted] : filters->members()) {
    const bool list = wanted.is_array() && !wanted.items().empty() && std::ranges::all_of(wanted.items(), is_scalar);
    if (field.empty() || (!is_scalar(wanted) && !list)) {
      in.error("filters", strcat("filter \"", field, "\" must be a text, number, boolean or null, or an array of them"),
               "For anything else there are conditions.", mapping_code::kBadFilter);
      continue;
    }
    mapping.filters.push_back({field, wanted});
  }
}

void read_conditions(const Json& given, Mapping& mapping, Findings& findings) {
  const bool empty = (given.is_object() && given.members().empty()) || (given.is_array() && given.items().empty());
  if (empty) return;  // all records
  (void)Condition::compile(given, "conditions", findings);
  mapping.conditions = given;
}

void check_filter_fields(const Mapping& mapping, const std::vector<RemoteField>& discovered, Findings& findings) {
  if (discovered.empty()) return;
  std::vector<std::string_view> names;
  for (const RemoteField& field : discovered) names.push_back(field.name);
  const auto check = [&](const std::string& path, const base::FieldPath& field) {
    const std::string& first = field.path.empty() ? field.literal : field.path.front();
    if (std::ranges::any_of(names, [&](std::string_view n) { return n == field.literal || n == first; })) return;
    findings.push_back({.severity = Severity::warning,
                        .path = path,
                        .message = strcat("field \"", field.literal, "\" has not been seen in the object's records"),
                        .hint = nearest_hint(field.literal, names, "Fields seen"),
                        .code = mapping_code::kUnseenFilter,
                        .field = field.literal,
                        .column = {}});
  };
  for (const Mapping::Filter& filter : mapping.filters)
    check(path_join("options.filters", filter.field), base::FieldPath::parse(filter.field));
  for (const std::string& name : mapping.hash_fields)
    if (const base::FieldPath field = base::FieldPath::parse(name); !field.whole_record())
      check("options.hash_fields", field);
  if (!mapping.conditions) return;
  Findings reported;
  const Condition condition = Condition::compile(*mapping.conditions, "", reported);
  for (const base::FieldPath& field : condition.fields()) check("conditions", field);
}

Params filter_params(const Mapping& mapping, const Object& object) {
  Params params;
  for (const Mapping::Filter& filter : mapping.filters) {
    const std::string* param = sent_param(mapping, object, filter);
    if (param == nullptr) continue;
    const Json& value = *sent_value(filter.wanted);
    params.emplace_back(*param, value.is_string() ? value.string() : value.dump());
  }
  return params;
}

std::optional<RecordFilter> RecordFilter::make(const Mapping& mapping, const Object& object, RowBuilder& rows) {
  const Json rule = record_rule(mapping, object);
  if (rule.is_null()) return std::nullopt;
  Findings findings;
  Condition condition = Condition::compile(rule, "conditions", findings);
  require_sound(findings);
  return RecordFilter(std::move(condition), rows);
}

RecordFilter::RecordFilter(Condition condition, RowBuilder& rows)
    : condition_(std::make_unique<Condition>(std::move(condition))),
      test_(std::make_unique<ConditionTest>(*condition_)),
      values_(condition_->fields().size()) {
  for (const base::FieldPath& field : condition_->fields()) where_.push_back(rows.extract(field));
}

RecordFilter::Split RecordFilter::split(const base::Page& page, const std::vector<Identity>& rows) {
  Split out;
  out.rows.reserve(rows.size());
  for (const Identity& row : rows) {
    const auto record = page.record(row.record);
    for (std::size_t i = 0; i < where_.size(); ++i) values_[i] = record[where_[i]];
    switch (test_->test(values_, page.raw[row.record])) {
      case ConditionTest::Verdict::pass:
        out.rows.push_back(row);
        break;
      case ConditionTest::Verdict::skip:
        out.passed_over.push_back(row);
        break;
      case ConditionTest::Verdict::raised:
        out.faults.push_back({.record = row.record,
                              .error_type = error_type::kTransform,
                              .code = code::kNotJudged,
                              .field = {},
                              .column = {},
                              .message = strcat("conditions cannot be evaluated: ", test_->reason()),
                              .suggestion = "Change the conditions, or correct the record at its source.",
                              .sqlstate = {}});
        out.fault_ids.push_back(row.origin_id);
        break;
    }
  }
  return out;
}

}  // namespace tandem::core
