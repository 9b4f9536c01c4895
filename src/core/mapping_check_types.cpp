#include <algorithm>

#include "core/mapping_check.hpp"

#include "base/strings.hpp"
#include "core/mapping_codes.hpp"
#include "core/mapping_types.hpp"

namespace tandem::core {

namespace {

using base::TypeClass;

// What is known about the values of a field; `declared`: its author said so.
struct Known {
  DeclaredType type = DeclaredType::none;
  bool declared = false;
};

Known known_type(const ColumnMapping& mapped, const std::vector<RemoteField>& discovered) {
  if (mapped.type != DeclaredType::none) return {mapped.type, true};
  if (mapped.field == "*") return {DeclaredType::json, false};
  const auto field = std::ranges::find(discovered, mapped.field, &RemoteField::name);
  return {field == discovered.end() ? DeclaredType::none : field->type, false};
}

// Objects and arrays go into text columns only when the mapping says that JSON text is meant.
bool needs_json_declared(const Known& known, const base::ColumnType& into) {
  const bool structured = known.type == DeclaredType::json || known.type == DeclaredType::array;
  return structured && !known.declared && (into.type_class == TypeClass::text || into.type_class == TypeClass::input);
}

void check_fit(const ColumnMapping& mapped, const Target& target, const TargetColumn& column, const Known& known,
               Findings& findings) {
  const std::string pair = base::strcat("field \"", mapped.field, "\" (", declared_type_name(known.type), ") ");
  const std::string into = base::strcat("column ", column.name, " (", column.type.name, ')');
  if (needs_json_declared(known, column.type)) {
    findings.push_back(about(mapped, Severity::error, mapping_code::kTypeNeverFits,
                             base::strcat(pair, "is no single value for ", into),
                             "Add \"type\": \"json\" to store it as JSON text, or make the column jsonb."));
    return;
  }
  switch (fit(known.type, column.type)) {
    case Fit::always:
      return;
    case Fit::partly:
      findings.push_back(about(mapped, Severity::warning, mapping_code::kTypeMayNotFit,
                               base::strcat("some values of ", pair, "may not fit into ", into),
                               base::strcat("Records with such values become sync errors; a column of type ",
                                            natural_type(known.type), " takes all of them.")));
      return;
    case Fit::never:
      findings.push_back(
          about(mapped, Severity::error, mapping_code::kTypeNeverFits, base::strcat(pair, "never fits into ", into),
                base::strcat("Map it to a column of type ", natural_type(known.type), ": ALTER TABLE ", target.name,
                             " ADD COLUMN new_column ", natural_type(known.type), ";",
                             known.declared ? "" : " If the field is something else, say so with \"type\".")));
      return;
  }
}

base::Value value_of(const base::Json& json, base::TextArena& arena) {
  switch (json.kind()) {
    case base::Json::Kind::null:
      return {base::Kind::null, {}};
    case base::Json::Kind::boolean:
      return {base::Kind::boolean, json.boolean() ? "true" : "false"};
    case base::Json::Kind::integer:
    case base::Json::Kind::real:
      return {base::Kind::number, arena.keep(json.dump())};
    case base::Json::Kind::string:
      return {base::Kind::string, arena.keep(json.string())};
    case base::Json::Kind::array:
    case base::Json::Kind::object:
      return {base::Kind::json, arena.keep(json.dump())};
  }
  return {};  // not reached: the switch is exhaustive
}

void check_default(const ColumnMapping& mapped, const TargetColumn& column, Findings& findings) {
  if (!mapped.fallback) return;
  if (mapped.required) {
    findings.push_back(
        about(mapped, Severity::error, mapping_code::kDefaultUnfit,
              base::strcat("field \"", mapped.field, "\" is required and has a default, which could never be used"),
              "Leave out \"required\" or \"default\"."));
  }
  base::TextArena arena;
  base::Cell cell;
  const auto problem = convert(value_of(*mapped.fallback, arena), column.type, mapped.type, arena, cell);
  if (!problem) return;
  findings.push_back(about(mapped, Severity::error, mapping_code::kDefaultUnfit,
                           base::strcat("default of column ", column.name, " does not fit: ", problem->message),
                           problem->suggestion));
}

}  // namespace

void check_types(const Mapping& mapping, const Target& target, const std::vector<RemoteField>& discovered,
                 Findings& findings) {
  for (const ColumnMapping& mapped : mapping.columns) {
    const TargetColumn* column = find_column(target, mapped.column);
    if (column == nullptr) continue;  // check_columns has said so
    check_fit(mapped, target, *column, known_type(mapped, discovered), findings);
    check_default(mapped, *column, findings);
  }
}

}  // namespace tandem::core
