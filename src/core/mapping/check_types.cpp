#include <algorithm>

#include "core/mapping/check.hpp"

#include "base/strings.hpp"
#include "core/convert/json_value.hpp"
#include "core/mapping/codes.hpp"
#include "core/mapping/stamp.hpp"
#include "core/mapping/types.hpp"

namespace tandem::core {

namespace {

using base::TypeClass;

// What is known about the values of a field; `declared`: its author said so.
struct Known {
  DeclaredType type = DeclaredType::none;
  bool declared = false;
};

// Of what goes into the column: what the steps of the mapping made of the field's value.
Known known_type(const ColumnMapping& mapped, const std::vector<RemoteField>& discovered) {
  if (mapped.has_sql()) return {};  // the database says what its result is
  if (mapped.type != DeclaredType::none) return {mapped.type, true};
  const auto field = std::ranges::find(discovered, mapped.field, &RemoteField::name);
  const DeclaredType remote = mapped.field == "*"         ? DeclaredType::json
                              : field == discovered.end() ? DeclaredType::none
                                                          : field->type;
  return {type_after(remote, mapped.to_local), false};
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

bool check_own_value(const ColumnMapping& mapped, const TargetColumn& column, const base::Json& json, const char* what,
                     Findings& findings) {
  base::TextArena arena;
  base::Cell cell;
  const DeclaredType declared = mapped.has_sql() ? DeclaredType::none : mapped.type;
  const auto problem = convert(value_of_json(json, arena), column.type, declared, arena, cell);
  if (!problem) return true;
  findings.push_back(about(mapped, Severity::error, mapping_code::kDefaultUnfit,
                           base::strcat(what, " of column ", column.name, " does not fit: ", problem->message),
                           problem->suggestion));
  return false;
}

void check_constant(const ColumnMapping& mapped, const TargetColumn& column, Findings& findings) {
  if (!check_own_value(mapped, column, *mapped.constant, "constant", findings)) return;
  if (mapped.constant->is_null() && column.not_null)
    findings.push_back(about(mapped, Severity::error, mapping_code::kDefaultUnfit,
                             base::strcat("constant of column ", column.name, " is null, and the column is NOT NULL")));
}

void check_default(const ColumnMapping& mapped, const TargetColumn& column, Findings& findings) {
  if (!mapped.fallback) return;
  if (mapped.required) {
    findings.push_back(
        about(mapped, Severity::error, mapping_code::kDefaultUnfit,
              base::strcat("field \"", mapped.field, "\" is required and has a default, which could never be used"),
              "Leave out \"required\" or \"default\"."));
  }
  check_own_value(mapped, column, *mapped.fallback, "default", findings);
}

}  // namespace

void check_types(const Mapping& mapping, const Target& target, const std::vector<RemoteField>& discovered,
                 Findings& findings) {
  for (const ColumnMapping& mapped : mapping.columns) {
    const TargetColumn* column = find_column(target, mapped.column);
    if (column == nullptr) continue;  // check_columns has said so
    if (mapped.stamp != Stamp::none) {
      check_stamp(mapped, *column, findings);
      continue;
    }
    if (mapped.constant) {
      check_constant(mapped, *column, findings);
      continue;
    }
    if (mapped.reference) continue;  // the field has another mapping's ids: what the column takes is that one's key
    check_fit(mapped, target, *column, known_type(mapped, discovered), findings);
    check_default(mapped, *column, findings);
  }
}

}  // namespace tandem::core
