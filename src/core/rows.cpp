#include "core/rows.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/strings.hpp"
#include "core/codes.hpp"

namespace tandem::core {

using base::Cell;
using base::Kind;
using base::strcat;
using base::Value;

namespace {

Value value_of_json(const base::Json& json, base::TextArena& arena) {
  switch (json.kind()) {
    case base::Json::Kind::null:
      return {Kind::null, {}};
    case base::Json::Kind::boolean:
      return {Kind::boolean, json.boolean() ? "true" : "false"};
    case base::Json::Kind::integer:
    case base::Json::Kind::real:
      return {Kind::number, arena.keep(json.dump())};
    case base::Json::Kind::string:
      return {Kind::string, arena.keep(json.string())};
    case base::Json::Kind::array:
    case base::Json::Kind::object:
      return {Kind::json, arena.keep(json.dump())};
  }
  return {};
}

const TargetColumn& target_column(const Target& target, const std::string& name) {
  for (const TargetColumn& column : target.columns)
    if (column.name == name) return column;
  throw base::Failure(base::Errc::undefined_column,
                      strcat("column ", name, " of ", target.name, " is not there any more"), {},
                      "SELECT * FROM tandem.validate_mapping(...) shows what to change.");
}

}  // namespace

RowBuilder::RowBuilder(const Mapping& mapping, const Target& target, std::vector<std::string> key, std::uint64_t seed)
    : seed_(seed) {
  for (const ColumnMapping& mapped : mapping.columns) {
    const TargetColumn& local = target_column(target, mapped.column);
    Column column{field_index(mapped.field), mapped.field,   mapped.column, local.type, mapped.type,
                  mapped.required,           local.not_null, std::nullopt};
    seed_ = base::hash64(strcat(mapped.field, "\x1f", mapped.column, "\x1f", declared_type_name(mapped.type)), seed_);
    if (mapped.fallback && !mapped.fallback->is_null()) {
      Cell cell;
      if (auto fault = cell_of(value_of_json(*mapped.fallback, fallbacks_), column, fallbacks_, cell))
        throw base::Failure(base::Errc::invalid_parameter,
                            strcat("the default of ", mapped.column, " does not fit: ", fault->message));
      column.fallback = cell;
    }
    columns_.push_back(std::move(column));
  }
  for (const std::string& field : key) key_.push_back(field_index(field));
  if (!mapping.cursor_field.empty()) cursor_field_ = field_index(mapping.cursor_field);
}

RowBuilder::Identified RowBuilder::identify(const base::Page& page, base::TextArena& arena) const {
  Identified out;
  out.rows.reserve(page.records());
  std::unordered_map<std::string_view, std::size_t> seen;
  seen.reserve(page.records());
  for (std::size_t record = 0; record < page.records(); ++record) {
    const std::string_view id = origin_id(page, record, arena);
    if (id.empty() && !key_.empty()) {
      out.faults.push_back({.record = record,
                            .error_type = error_type::kValidation,
                            .code = code::kNoId,
                            .field = names_[key_.front()],
                            .column = {},
                            .message = strcat("record has no ", names_[key_.front()], ", which identifies it"),
                            .suggestion = "Check the key of the mapping, or correct the record at its source.",
                            .sqlstate = {}});
      continue;
    }
    const Identity identity{record, id, hash(page, record)};
    if (!key_.empty()) {
      auto [where, fresh] = seen.try_emplace(id, out.rows.size());
      if (!fresh) {  // the later one of two equal ids is the newer
        out.rows[where->second] = identity;
        ++out.duplicates;
        continue;
      }
    }
    out.rows.push_back(identity);
  }
  return out;
}

RowBuilder::Converted RowBuilder::convert(const base::Page& page, std::span<const Identity> rows,
                                          base::TextArena& arena) const {
  Converted out;
  out.cells.reserve(rows.size() * columns_.size());
  out.rows.reserve(rows.size());
  for (const Identity& row : rows) {
    const std::size_t begin = out.cells.size();
    std::optional<RowFault> fault;
    for (const Column& column : columns_) {
      Cell& cell = out.cells.emplace_back();
      fault = cell_of(value_of(page, row.record, column.field), column, arena, cell);
      if (fault) break;
    }
    if (fault) {
      out.cells.resize(begin);
      fault->record = row.record;
      out.faults.push_back(std::move(*fault));
    } else {
      out.rows.push_back(row);
    }
  }
  return out;
}

std::optional<RowFault> RowBuilder::cell_of(const Value& value, const Column& column, base::TextArena& arena,
                                            Cell& cell) const {
  const auto fault = [&](const char* type, const char* which, std::string message, std::string suggestion) {
    return RowFault{.record = 0,
                    .error_type = type,
                    .code = which,
                    .field = column.field_name,
                    .column = column.name,
                    .message = strcat("field ", column.field_name, ", column ", column.name, ": ", message),
                    .suggestion = std::move(suggestion),
                    .sqlstate = {}};
  };
  if (value.kind == Kind::absent || value.kind == Kind::null) {
    if (column.fallback) {
      cell = *column.fallback;
      return std::nullopt;
    }
    if (!column.required && !column.not_null) return std::nullopt;  // the cell is null already
    return fault(error_type::kValidation, code::kRequiredMissing,
                 value.kind == Kind::absent ? "the value is missing" : "the value is null",
                 column.required ? "The mapping says that it is required."
                                 : "The column is NOT NULL: give it a \"default\" in the mapping.");
  }
  if (value.kind == Kind::broken)
    return fault(error_type::kTransform, code::kNotText,
                 "the string holds a NUL or half a surrogate pair, which text cannot hold",
                 "Correct the record at its source.");
  if (auto problem = core::convert(value, column.type, column.declared, arena, cell))
    return fault(problem->error_type, problem->code, std::move(problem->message), std::move(problem->suggestion));
  return std::nullopt;
}

std::string_view RowBuilder::origin_id(const base::Page& page, std::size_t record, base::TextArena& arena) const {
  const auto part = [&](std::size_t field) -> std::string_view {
    const Value value = value_of(page, record, field);
    return value.kind == Kind::string || value.kind == Kind::number || value.kind == Kind::boolean ? value.text
                                                                                                   : std::string_view{};
  };
  if (key_.size() == 1) return part(key_.front());
  std::vector<base::Json> parts;
  for (const std::size_t field : key_) {
    const std::string_view text = part(field);
    if (text.empty()) return {};
    parts.emplace_back(std::string(text));
  }
  return key_.empty() ? std::string_view{} : arena.keep(base::Json::array(std::move(parts)).dump());
}

std::uint64_t RowBuilder::hash(const base::Page& page, std::size_t record) const {
  std::uint64_t h = seed_;
  for (const Column& column : columns_) {
    const Value value = value_of(page, record, column.field);
    h = base::hash64(value.text, h + static_cast<std::uint64_t>(value.kind));
  }
  return h;
}

Value RowBuilder::value_of(const base::Page& page, std::size_t record, std::size_t field) const {
  if (fields_[field].whole_record()) return {Kind::json, page.raw[record]};
  return page.values[record * page.fields + field];
}

std::size_t RowBuilder::field_index(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
  names_.push_back(name);
  fields_.push_back(base::FieldPath::parse(name));
  return names_.size() - 1;
}

}  // namespace tandem::core
