#include <algorithm>

#include "core/mapping/check.hpp"

#include "base/strings.hpp"
#include "core/convert/json_value.hpp"
#include "core/mapping/codes.hpp"

namespace tandem::core {

namespace {

// What a map or a constant gives at the end of its steps goes into the column as it is.
void check_results(const ColumnMapping& mapped, const TargetColumn& column, Findings& findings) {
  if (mapped.to_local.empty()) return;
  const Transform& last = mapped.to_local.back();
  const bool constant = last.kind == Transform::Kind::constant || (last.kind == Transform::Kind::map && last.otherwise);
  const auto check = [&](const base::Json& result, const std::string& what) {
    base::TextArena arena;
    base::Cell cell;
    const auto problem = convert(value_of_json(result, arena), column.type, mapped.type, arena, cell);
    if (!problem) return;
    findings.push_back(about(mapped, Severity::error, mapping_code::kTypeNeverFits,
                             base::strcat(what, " of column ", column.name, " does not fit: ", problem->message),
                             problem->suggestion));
  };
  if (steps_before_sql(mapped.to_local) < mapped.to_local.size()) return;  // the database's types hold
  if (constant) check(last.constant, last.kind == Transform::Kind::map ? "\"*\" in the map" : "the constant");
  for (const auto& [from, to] : last.map) check(to, base::strcat("\"", from, "\" in the map"));
}

void check_keep(const Mapping& mapping, const ColumnMapping& mapped, Findings& findings) {
  if (mapped.absent == Absent::null) return;
  const auto useless = [&](std::string message, std::string hint) {
    findings.push_back(
        about(mapped, Severity::error, mapping_code::kDetailUnusable, std::move(message), std::move(hint)));
  };
  if (mapped.field == "*") useless("the whole record is never absent", "Leave \"absent\" out.");
  if (mapped.absent == Absent::error) {
    if (mapped.fallback)
      useless(base::strcat("field \"", mapped.field,
                           "\" must not be absent and has a default; the default is for null only"),
              "Leave out \"absent\" or \"default\".");
    return;
  }
  if (std::ranges::find(mapping.match_on, mapped.column) != mapping.match_on.end())
    useless(base::strcat("column ", mapped.column, " finds the row, so it cannot be kept where the field is absent"),
            "Leave \"absent\" out.");
  if (mapped.required)
    useless(base::strcat("field \"", mapped.field, "\" is required, so it is never absent"),
            "Leave out \"absent\" or \"required\".");
  if (mapping.write_mode == WriteMode::append || mapping.write_mode == WriteMode::insert)
    useless("\"absent\": \"keep\" has no meaning in a write_mode that updates no rows", "Leave \"absent\" out.");
}

void check_way_back(const Mapping& mapping, const ColumnMapping& mapped, Findings& findings) {
  const bool pushed =
      mapping.pushes() || mapped.direction == ColumnDirection::both || mapped.direction == ColumnDirection::push;
  const Transform* step = mapped.to_remote.empty() ? first_one_way(mapped.to_local) : nullptr;
  if (!pushed || step == nullptr) return;
  findings.push_back(about(mapped, mapping.pushes() ? Severity::error : Severity::warning, mapping_code::kNotInvertible,
                           base::strcat("\"", transform_name(step->kind), "\" of column ", mapped.column,
                                        " cannot be turned around, and there is no to_remote"),
                           "Give \"to_remote\", or \"direction\": \"pull\"."));
}

}  // namespace

void check_transforms(const Mapping& mapping, const Target& target, Findings& findings) {
  for (const ColumnMapping& mapped : mapping.columns) {
    if (const TargetColumn* column = find_column(target, mapped.column)) check_results(mapped, *column, findings);
    check_keep(mapping, mapped, findings);
    if (!mapping.pushes()) check_way_back(mapping, mapped, findings);
  }
  for (const ColumnMapping& mapped : mapping.push_columns) {
    check_way_back(mapping, mapped, findings);
    const bool told = mapping.pushes() && find_mapped(mapping, mapped.column) != nullptr;
    if (find_column(target, mapped.column) == nullptr && !told)
      findings.push_back(about(mapped, Severity::error, mapping_code::kUnknownColumn,
                               base::strcat("column \"", mapped.column, "\" of ", target.name, " does not exist")));
    if (mapping.pushes()) continue;
    findings.push_back(about(mapped, Severity::warning, mapping_code::kDirectionUnused,
                             base::strcat("column ", mapped.column, " is for pushing only, and the mapping pulls"),
                             "Leave the column out, or its \"direction\"."));
  }
}

}  // namespace tandem::core
