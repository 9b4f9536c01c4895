#include "worker/push_values.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/convert/iso_time.hpp"
#include "store/source_comparison.hpp"

namespace tandem::worker {

namespace {

using Op = core::OutChange::Op;
using core::OutValue;

// As pulls write it: one part as it is, several as a JSON array.
store::ContractRef ref_of(const PushPlan& plan, const store::Texts& values) {
  if (std::ranges::any_of(values, [](const auto& value) { return !value || value->empty(); })) return {};
  if (plan.contract.origin_id) {
    if (values.size() == 1) return {.origin_id = *values.front()};
    std::vector<base::Json> parts;
    for (const auto& value : values) parts.emplace_back(*value);
    return {.origin_id = base::Json::array(std::move(parts)).dump()};
  }
  base::Json key = base::Json::object();
  for (std::size_t i = 0; i < values.size(); ++i) key.set(plan.contract.names[i], base::Json(*values[i]));
  return {.local_key = key.dump()};
}

base::Json captured(const std::string& key, const std::optional<std::string>& was) {
  base::Json all = base::Json::parse(key).value();
  if (!was) return all;
  const base::Json others = base::Json::parse(*was).value();
  for (const auto& [name, value] : others.members()) all.set(name, value);
  return all;
}

}  // namespace

store::ContractRef contract_ref(const PushPlan& plan, const store::Texts& kept) {
  store::Texts values;
  for (const std::size_t column : plan.contract.columns) values.push_back(kept[column]);
  return ref_of(plan, values);
}

store::ContractRef contract_ref_of_gone(const PushPlan& plan, const std::string& key,
                                        const std::optional<std::string>& was) {
  const base::Json all = captured(key, was);
  store::Texts values;
  for (const std::string& name : plan.contract.names) values.push_back(all.string_at(name));
  return ref_of(plan, values);
}

std::string local_key(const PushPlan& plan, const store::ContractRef& ref, const std::string& row_key) {
  if (plan.contract.origin_id) return {};
  return ref.local_key.empty() ? row_key : ref.local_key;
}

std::vector<OutValue> values_to_send(const PushPlan& plan, Op op, std::vector<OutValue> values,
                                     const std::optional<std::vector<int>>& changed) {
  const core::Write& write = plan.composer.write();
  // The id is the other side's to give: it stands in paths, and among the values only of one that is made under it.
  std::erase_if(values, [&](const OutValue& value) {
    const bool id = std::ranges::find(write.id, plan.composer.shape().name(value.field)) != write.id.end();
    return id && value.field != plan.external_key && (op == Op::update || value.kind == OutValue::Kind::null);
  });
  if (op != Op::update || !write.changed_only || !changed) return values;
  std::erase_if(values, [&](const OutValue& value) {
    return !plan.named[value.field] && std::ranges::none_of(plan.field_of[value.field], [&](int attnum) {
      return std::ranges::find(*changed, attnum) != changed->end();
    });
  });
  return values;
}

std::vector<OutValue> key_values_of_gone(const PushPlan& plan, const std::string& key,
                                         const std::optional<std::string>& was) {
  if (!plan.external_key) return {};
  const std::string& field = plan.composer.shape().name(*plan.external_key);
  const auto column = std::ranges::find(plan.mapping.push_columns, field, &core::ColumnMapping::field);
  if (column == plan.mapping.push_columns.end()) return {};
  const auto value = captured(key, was).string_at(column->column);
  if (!value) return {};
  return {{.field = *plan.external_key, .kind = OutValue::Kind::string, .text = *value}};
}

std::string row_image(const PushPlan& plan, const store::Texts& kept) {
  if (!plan.mapping.pulls() || kept.empty()) return {};
  base::Json json = base::Json::object();
  for (std::size_t i = 0; i < plan.kept.size(); ++i) {
    if (std::ranges::find(plan.mapping.columns, plan.kept[i], &core::ColumnMapping::column) ==
        plan.mapping.columns.end())
      continue;
    json.set(plan.kept[i], kept[i] ? base::Json(*kept[i]) : base::Json());
  }
  return json.dump();
}

std::vector<int> changed_since(const PushPlan& plan, const store::Texts& kept, const std::string& base) {
  const base::Json before = base::Json::parse(base).value();
  std::vector<int> changed;
  for (std::size_t i = 0; i < plan.kept.size(); ++i) {
    const base::Json* was = before.find(plan.kept[i]);
    const bool same = was != nullptr && (was->is_null() ? !kept[i] : kept[i] && *kept[i] == was->string());
    if (!same) changed.push_back(plan.table.column(plan.kept[i])->attnum);
  }
  return changed;
}

bool has_value(const std::vector<OutValue>& values, const std::optional<std::size_t>& field) {
  if (!field) return false;
  const auto found = std::ranges::find(values, *field, &OutValue::field);
  return found != values.end() && found->kind != OutValue::Kind::null && !found->text.empty();
}

std::int64_t hash_of(const PushPlan& plan, const std::vector<OutValue>& values) {
  std::uint64_t hash = base::hash64(base::strcat(plan.spec.definition_version), 1);
  for (const OutValue& value : values)
    hash = base::hash64(value.text, hash + value.field * 4 + static_cast<std::uint64_t>(value.kind));
  return static_cast<std::int64_t>(hash);
}

std::int64_t row_hash(const PushPlan& plan, const store::OutgoingRow& row) {
  return row.hash == 0 ? 0 : store::remembered_hash(row.hash, plan.spec.definition_version);
}

std::string printed(const std::vector<OutValue>& values) {
  std::vector<base::Json> list;
  for (const OutValue& value : values)
    list.push_back(base::Json::array({base::Json(static_cast<std::int64_t>(value.field)),
                                      base::Json(static_cast<std::int64_t>(value.kind)), base::Json(value.text)}));
  return base::Json::array(std::move(list)).dump();
}

std::vector<OutValue> read_printed(const std::string& json) {
  std::vector<OutValue> values;
  const base::Json list = base::Json::parse(json).value();
  for (const base::Json& one : list.items())
    values.push_back({.field = static_cast<std::size_t>(one.items()[0].integer()),
                      .kind = static_cast<OutValue::Kind>(one.items()[1].integer()),
                      .text = one.items()[2].string()});
  return values;
}

std::string iso_now() {
  std::string text;
  core::append_timestamp(text, base::now().micros, "Z");
  std::ranges::replace(text, ' ', 'T');
  return text;
}

}  // namespace tandem::worker
