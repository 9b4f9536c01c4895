#include "api/mappings_patch.hpp"

#include <algorithm>

#include "api/mappings_draft.hpp"
#include "base/strings.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::Json;

bool of_field(const Json& column, const std::string& field) { return column.string_at("field") == field; }

Json column_of_field(const std::string& field, const Json& patched) {
  Json column = Json::object({{"field", Json(field)}});
  if (patched.is_string()) {
    column.set("column", patched);
  } else if (patched.is_object()) {
    for (const auto& [key, value] : patched.members()) column.set(key, value);
  } else {
    throw Failure(Errc::invalid_parameter,
                  base::strcat("changes: columns.", field, ": must be the name of a column, an object or null"));
  }
  return column;
}

// What is done to a value is replaced as a whole: {"sql"} merged with a former {"function"} would be two steps in one,
// and null is a value of {"map"}.
void replace_whole(Json& column, const Json& change) {
  for (const char* key : {"to_local", "to_remote", "reference"})
    if (const Json* given = change.find(key); given != nullptr && !given->is_null() && column.is_object())
      column.set(key, *given);
}

Json patched_column(const Json& column, const Json& change) {
  Json patched = base::merge_patch(column, change);
  replace_whole(patched, change);
  return patched;
}

// Order stays, and so do columns that have no field.
Json patched_columns(const Json& columns, const Json& patch) {
  std::vector<Json> items = columns.items();
  for (const auto& [field, change] : patch.members()) {
    const auto is_it = [&field = field](const Json& column) { return of_field(column, field); };
    const auto found = std::find_if(items.begin(), items.end(), is_it);
    if (change.is_null()) {
      std::erase_if(items, is_it);
    } else if (found == items.end()) {
      items.push_back(column_of_field(field, change));
    } else if (std::find_if(found + 1, items.end(), is_it) != items.end()) {
      throw Failure(Errc::invalid_parameter,
                    base::strcat("changes: columns: field \"", field, "\" feeds several columns of this mapping"), {},
                    "Give the whole array of columns.");
    } else {
      *found = change.is_object() ? patched_column(*found, change) : column_of_field(field, change);
    }
  }
  return Json::array(std::move(items));
}

const Json* columns_of(const Json& given) {
  const Json* columns = given.find("columns");
  return columns != nullptr && columns->is_object() ? columns : nullptr;
}

}  // namespace

Json patched_arguments(const store::MappingRow& row, const Json& changes) {
  Json given = arguments_of(row);
  const Json* patch = changes.find("columns");
  const Json* columns = given.find("columns");
  const bool by_field = patch != nullptr && patch->is_object() && columns != nullptr && columns->is_array();
  std::optional<Json> patched;
  if (by_field) patched = patched_columns(*columns, *patch);
  given = base::merge_patch(std::move(given), changes);
  if (!by_field && patch != nullptr && patch->is_object() && columns_of(given) != nullptr) {
    Json merged = *columns_of(given);
    for (const auto& [field, change] : patch->members())
      if (const Json* column = merged.find(field); column != nullptr && change.is_object()) {
        Json whole = *column;
        replace_whole(whole, change);
        merged.set(field, std::move(whole));
      }
    given.set("columns", std::move(merged));
  }
  if (patched) given.set("columns", *std::move(patched));
  // A rule is replaced as a whole: merged with another it would be none.
  if (const Json* rule = changes.find("conditions"); rule != nullptr && !rule->is_null())
    given.set("conditions", *rule);
  return given;
}

}  // namespace tandem::api
