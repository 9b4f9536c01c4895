// Templates as flat lists: forms and CSV.
#include <algorithm>

#include "base/percent.hpp"
#include "base/strings.hpp"
#include "core/push/template.hpp"

namespace tandem::core {

namespace {

constexpr base::PercentStyle kForm{.form = true};

// "address[city]" below "customer": customer[address][city].
std::string below(const std::string& name, const std::string& field) {
  if (name.empty()) return field;
  const std::size_t bracket = field.find('[');
  return base::strcat(name, '[', field.substr(0, bracket), ']',
                      bracket == std::string::npos ? std::string() : field.substr(bracket));
}

}  // namespace

base::Result<FormTemplate> FormTemplate::compile(const base::Json& json, const OutShape& shape) {
  FormTemplate out;
  if (auto error = out.add("", json, shape)) return std::move(*error);
  return out;
}

std::optional<base::Error> FormTemplate::add(const std::string& name, const base::Json& json, const OutShape& shape) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.members())
      if (auto error = add(key == kSpread ? name : below(name, key), value, shape)) return error;
    return std::nullopt;
  }
  if (json.is_array()) {
    std::size_t i = 0;
    for (const base::Json& item : json.items())
      if (auto error = add(base::strcat(name, '[', i++, ']'), item, shape)) return error;
    return std::nullopt;
  }
  if (json.is_null()) return std::nullopt;
  const std::string text = json.is_string() ? json.string() : json.dump();
  const auto pieces = parse_slots(json.is_string() ? text : std::string());
  if (!pieces) return pieces.error();
  if (pieces->size() == 1 && pieces->front().slot && pieces->front().slot->whole_record() &&
      pieces->front().slot->as == Slot::As::plain) {
    items_.push_back({name, pieces->front().slot, {}});
    return std::nullopt;
  }
  TextTemplate value;
  if (json.is_string()) {
    auto compiled = TextTemplate::compile(text, shape);
    if (!compiled) return compiled.error();
    value = std::move(*compiled);
  } else {
    value.pieces_.push_back({text, std::nullopt});
  }
  items_.push_back({name, std::nullopt, std::move(value)});
  return std::nullopt;
}

Printed FormTemplate::print_form(const PrintScope& scope, std::string& out) const {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (Printed failed = print_pairs(scope, pairs)) return failed;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out.push_back('&');
    out += base::percent_encode(name, kForm);
    out.push_back('=');
    out += base::percent_encode(value, kForm);
  }
  return std::nullopt;
}

Printed FormTemplate::print_pairs(const PrintScope& scope,
                                  std::vector<std::pair<std::string, std::string>>& out) const {
  for (const Item& item : items_) {
    if (!item.record) {
      if (item.text.left_out(scope)) continue;
      std::string text;
      if (Printed failed = item.text.print(scope, TextTemplate::Escape::none, text)) return failed;
      out.emplace_back(item.name, std::move(text));
      continue;
    }
    const RecordValues values = item.record->name == Slot::Name::rest ? scope.rest : scope.sent;
    for (std::size_t field = 0; field < values.size(); ++field) {
      if (values[field] == nullptr) continue;
      if (values[field]->kind == OutValue::Kind::null && scope.nulls == Nulls::omit) continue;
      out.emplace_back(below(item.name, scope.shape.form_name(field)), plain_text(*values[field]));
    }
  }
  return std::nullopt;
}

void FormTemplate::print_header(const OutShape& shape, const std::vector<bool>& fields, std::optional<std::size_t> key,
                                std::string& out) const {
  const auto cell = [&](std::string_view name) {
    if (!out.empty()) out.push_back(',');
    append_csv_cell(out, name);
  };
  for (const Item& item : items_) {
    if (!item.record) {
      cell(item.name);
      continue;
    }
    for (std::size_t field = 0; field < fields.size(); ++field)
      if (fields[field] && !(item.record->name == Slot::Name::rest && field == key)) cell(shape.name(field));
  }
  out.append("\r\n");
}

Printed FormTemplate::print_line(const PrintScope& scope, const std::vector<bool>& fields, std::string_view null_text,
                                 std::string& out) const {
  bool first = true;
  const auto cell = [&](std::string_view text) {
    if (!std::exchange(first, false)) out.push_back(',');
    append_csv_cell(out, text);
  };
  for (const Item& item : items_) {
    if (!item.record) {
      std::string text;
      if (!item.text.left_out(scope))
        if (Printed failed = item.text.print(scope, TextTemplate::Escape::none, text)) return failed;
      cell(text);
      continue;
    }
    for (std::size_t field = 0; field < fields.size(); ++field) {
      if (!fields[field] || (item.record->name == Slot::Name::rest && field == scope.key)) continue;
      const OutValue* const value = scope.sent[field];
      cell(value != nullptr && value->kind == OutValue::Kind::null ? null_text
           : value == nullptr                                      ? std::string_view()
                                                                   : std::string_view(value->text));
    }
  }
  out.append("\r\n");
  return std::nullopt;
}

}  // namespace tandem::core
