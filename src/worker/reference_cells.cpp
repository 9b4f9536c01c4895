#include "worker/reference_cells.hpp"

#include <unordered_map>

#include "base/strings.hpp"
#include "core/codes.hpp"

namespace tandem::worker {

using base::Cell;
using base::strcat;
using core::Reference;

namespace {

// Of one element; `key`: of the row that it refers to.
std::optional<core::RowFault> resolve(const store::ReferencePlan& reference, const core::ColumnMapping& column,
                                      const std::optional<std::string>& key, base::TextArena& arena, Cell& cell) {
  const std::string_view id = cell.text;
  cell = {};
  if (key) return put_key(reference, column, *key, arena, cell);
  switch (reference.reference.missing) {
    case Reference::Missing::wait:
      return waits_for(reference, column, id);
    case Reference::Missing::null:
      if (!reference.required) return std::nullopt;
      break;
    case Reference::Missing::error:
      break;
  }
  return is_not_there(reference, column, id);
}

}  // namespace

LocalKeys local_keys_of(pg::Sql& sql, const store::ReferencePlan& reference, const core::RowBuilder::Converted& rows,
                        std::size_t width) {
  std::vector<std::string_view> ids;
  std::unordered_map<std::string_view, std::size_t> known;
  for (std::size_t row = 0; row < rows.rows.size(); ++row) {
    const Cell& cell = rows.cells[row * width + reference.column];
    if (cell.form != Cell::Form::null && known.try_emplace(cell.text, ids.size()).second) ids.push_back(cell.text);
  }
  const LocalKeys found = ids.empty() ? LocalKeys{} : store::find_local_keys(sql, reference, ids);
  LocalKeys out(rows.rows.size());
  for (std::size_t row = 0; row < rows.rows.size(); ++row) {
    const Cell& cell = rows.cells[row * width + reference.column];
    if (cell.form != Cell::Form::null) out[row] = found[known.at(cell.text)];
  }
  return out;
}

std::optional<core::RowFault> put_key(const store::ReferencePlan& reference, const core::ColumnMapping& column,
                                      const std::string& key, base::TextArena& arena, Cell& cell) {
  const bool number = reference.key_type.type_class == base::TypeClass::smallint ||
                      reference.key_type.type_class == base::TypeClass::integer ||
                      reference.key_type.type_class == base::TypeClass::bigint ||
                      reference.key_type.type_class == base::TypeClass::numeric;
  auto problem = core::convert({number ? base::Kind::number : base::Kind::string, arena.keep(key)},
                               reference.column_type, core::DeclaredType::none, arena, cell);
  if (!problem) return std::nullopt;
  return core::RowFault{.error_type = problem->error_type,
                        .code = problem->code,
                        .field = column.field,
                        .column = column.column,
                        .message = strcat("field ", column.field, ", column ", column.column, ", key of mapping ",
                                          reference.reference.mapping, ": ", problem->message),
                        .suggestion = std::move(problem->suggestion),
                        .sqlstate = {}};
}

core::RowFault waits_for(const store::ReferencePlan& reference, const core::ColumnMapping& column,
                         std::string_view id) {
  return {.error_type = core::error_type::kValidation,
          .code = core::code::kWaits,
          .field = column.field,
          .column = column.column,
          .message = strcat("waits for record ", id, " of mapping ", reference.reference.mapping),
          .suggestion = "Nothing is to be done: it goes in by itself when that record has come.",
          .sqlstate = {},
          .retryable = true,
          .waits_for = reference.parent_id,
          .waits_for_id = std::string(id)};
}

core::RowFault is_not_there(const store::ReferencePlan& reference, const core::ColumnMapping& column,
                            std::string_view id) {
  core::RowFault fault = waits_for(reference, column, id);
  fault.code = core::code::kNoReferred;
  fault.message = strcat("record ", id, " of mapping ", reference.reference.mapping, " is not there");
  fault.suggestion =
      strcat("Pull ", reference.reference.mapping, " first, then try it again; or let it wait: \"missing\": \"wait\".");
  fault.waits_for = 0;
  fault.waits_for_id.clear();
  return fault;
}

void resolve_elements(pg::Sql& sql, const std::vector<store::ReferencePlan>& references,
                      const std::vector<core::ColumnMapping>& columns, base::TextArena& arena,
                      core::RowBuilder::Converted& elements) {
  if (elements.rows.empty()) return;
  const std::size_t width = elements.cells.size() / elements.rows.size();
  for (const store::ReferencePlan& reference : references) {
    const LocalKeys keys = local_keys_of(sql, reference, elements, width);
    for (std::size_t row = 0; row < elements.rows.size(); ++row) {
      Cell& cell = elements.cells[row * width + reference.column];
      if (cell.form == Cell::Form::null) continue;
      auto fault = resolve(reference, columns[reference.column], keys[row], arena, cell);
      if (!fault) continue;
      fault->record = elements.rows[row].record;
      elements.faults.push_back(*std::move(fault));
    }
  }
}

}  // namespace tandem::worker
