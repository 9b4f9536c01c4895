#include "core/push/outgoing.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/convert/declared.hpp"
#include "core/convert/decimal.hpp"
#include "core/convert/iso_time.hpp"
#include "core/convert/json.hpp"
#include "core/convert/json_value.hpp"
#include "core/convert/problem.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/push.hpp"
#include "core/push/local_text.hpp"

namespace tandem::core {

using base::Kind;
using base::Value;

namespace {

bool is_text(DeclaredType type) {
  switch (type) {
    case DeclaredType::string:
    case DeclaredType::date:
    case DeclaredType::date_time:
    case DeclaredType::image_uri:
    case DeclaredType::uri:
    case DeclaredType::email_address:
    case DeclaredType::uuid:
      return true;
    case DeclaredType::none:
    case DeclaredType::number:
    case DeclaredType::integer:
    case DeclaredType::boolean:
    case DeclaredType::json:
    case DeclaredType::array:
      return false;
  }
  return false;  // not reached: the switch is exhaustive
}

// The same value as the kind that the field wants, where that loses nothing; else as it is.
void suit(DeclaredType wanted, Value& value, base::TextArena& arena) {
  const bool single = value.kind == Kind::string || value.kind == Kind::number || value.kind == Kind::boolean;
  if (is_text(wanted) && single) {
    value.kind = Kind::string;
    DateTime parsed;
    if (wanted == DeclaredType::date_time && parse_date_time(value.text, parsed) == TimeFault::none && !parsed.has_time)
      value.text = arena.keep(base::strcat(value.text, "T00:00:00Z"));
  } else if ((wanted == DeclaredType::number || wanted == DeclaredType::integer) && value.kind == Kind::string) {
    if (Decimal::parse(value.text)) value.kind = Kind::number;
  } else if (wanted == DeclaredType::boolean && single) {
    if (const auto truth = truth_of(value)) value = {Kind::boolean, *truth ? "true" : "false"};
  }
}

bool holds_json(const base::ColumnType& type) {
  return type.type_class == base::TypeClass::json || type.type_class == base::TypeClass::jsonb;
}

// A text column that is declared json or array holds JSON text, strings in quotes (doc/values.md).
std::optional<Problem> read_json_text(Value& value) {
  if (!base::Json::parse(value.text).ok())
    return Problem{code::kInvalidFormat, error_type::kValidation, base::strcat(shown(value), " is not JSON text"),
                   "Correct the row: text stands in quotes there."};
  value.kind = Kind::json;
  return std::nullopt;
}

RowFault fault(const std::string& field, const std::string& column, Problem problem) {
  return {.error_type = problem.error_type,
          .code = problem.code,
          .field = field,
          .column = column,
          .message = base::strcat("column ", column, ", field ", field, ": ", problem.message),
          .suggestion = std::move(problem.suggestion),
          .sqlstate = {}};
}

}  // namespace

OutValue out_value(std::size_t field, const Value& value) {
  switch (value.kind) {
    case Kind::absent:
    case Kind::null:
      return {field, OutValue::Kind::null, {}};
    case Kind::string:
      return {field, OutValue::Kind::string, std::string(value.text)};
    case Kind::boolean:
    case Kind::number:
    case Kind::json:
    case Kind::broken:  // a string of JSON, as it is written there
      return {field, OutValue::Kind::literal, std::string(value.text)};
  }
  return {};  // not reached: the switch is exhaustive
}

Outgoing::Outgoing(const Mapping& mapping, const Target& target, const std::vector<RemoteField>& discovered,
                   std::vector<base::ColumnType> results, const TextCase* letters)
    : fields_(push_fields(mapping)) {
  for (std::size_t i = 0; i < mapping.push_columns.size(); ++i) {
    const ColumnMapping& mapped = mapping.push_columns[i];
    const TargetColumn* local = find_column(target, mapped.column);
    if (local == nullptr)
      throw base::Failure(base::Errc::undefined_column,
                          base::strcat("column ", mapped.column, " of ", target.name, " is not there any more"));
    const auto known = std::ranges::find(discovered, mapped.field, &RemoteField::name);
    const bool result = i < results.size() && !results[i].name.empty();
    const bool sent_only = !mapping.pulls() || mapped.direction == ColumnDirection::push;
    columns_.push_back(
        {.field = field_index(mapped.field),
         .field_name = mapped.field,
         .name = mapped.column,
         .type = result ? results[i] : local->type,
         .declared = mapped.to_local.empty() && mapped.to_remote.empty() ? mapped.type : DeclaredType::none,
         .wanted = known == discovered.end() ? DeclaredType::none : known->type,
         .required = mapped.required,
         .fallback = sent_only && mapped.fallback ? std::optional(value_of_json(*mapped.fallback, own_)) : std::nullopt,
         .steps = OutSteps(mapped, own_, letters)});
  }
  for (const SoftColumn& soft : mapping.push.soft_fields) {
    const std::size_t field = field_index(soft.column);
    soft_.push_back({field, soft.now, out_value(field, value_of_json(soft.deleted, own_)),
                     out_value(field, value_of_json(soft.restored, own_))});
  }
}

std::size_t Outgoing::field_index(const std::string& name) {
  const auto found = std::ranges::find(fields_, name);
  if (found == fields_.end()) {
    fields_.push_back(name);
    return fields_.size() - 1;
  }
  return static_cast<std::size_t>(found - fields_.begin());
}

Outgoing::Sent Outgoing::make(std::size_t row, std::span<const LocalText> texts,
                              const std::vector<bool>* wanted) const {
  Sent sent;
  base::TextArena arena;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (wanted != nullptr && !(*wanted)[i]) continue;
    OutValue value;
    if (auto wrong = value_of(columns_[i], texts[i], arena, value)) {
      wrong->record = row;
      sent.faults.push_back(*std::move(wrong));
    } else {
      sent.values.push_back(std::move(value));
    }
  }
  return sent;
}

std::optional<RowFault> Outgoing::value_of(const Column& column, const LocalText& text, base::TextArena& arena,
                                           OutValue& out) const {
  Value value{Kind::null, {}};
  if (text) {
    if (auto problem = value_of_text(*text, column.type, column.declared == DeclaredType::string, arena, value))
      return fault(column.field_name, column.name, *std::move(problem));
  }
  if (auto problem = column.steps.apply(value, arena))
    return fault(column.field_name, column.name, *std::move(problem));
  if (value.kind == Kind::null && column.fallback) value = *column.fallback;
  if (value.kind == Kind::null) {
    out = out_value(column.field, value);
    if (!column.required) return std::nullopt;
    return fault(column.field_name, column.name,
                 {code::kRequiredMissing, error_type::kValidation, "it is required, and the row has NULL",
                  "Fill in the column, or take \"required\" out of the mapping."});
  }
  const bool json = holds_json(column.type);  // says itself what kind each value is
  const bool json_text = column.declared == DeclaredType::json || column.declared == DeclaredType::array;
  if (!json && json_text && value.kind == Kind::string) {
    if (auto problem = read_json_text(value)) return fault(column.field_name, column.name, *std::move(problem));
  }
  if (!json) suit(column.declared, value, arena);
  if (column.declared != DeclaredType::none) {
    if (auto problem = check_declared(value, column.declared))
      return fault(column.field_name, column.name, *std::move(problem));
  } else if (!json && !column.steps.decide_kind()) {
    suit(column.wanted, value, arena);
  }
  out = out_value(column.field, value);
  return std::nullopt;
}

std::vector<OutValue> Outgoing::soft(bool deleted, std::string_view now) const {
  std::vector<OutValue> values;
  for (const Soft& field : soft_) {
    if (!field.now)
      values.push_back(deleted ? field.deleted : field.restored);
    else if (deleted)
      values.push_back({field.field, OutValue::Kind::string, std::string(now)});
    else
      values.push_back({field.field, OutValue::Kind::null, {}});
  }
  return values;
}

}  // namespace tandem::core
