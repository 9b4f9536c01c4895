#include "core/rows/rows.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/strings.hpp"
#include "base/uuid.hpp"
#include "core/convert/bad_text.hpp"
#include "core/codes.hpp"
#include "core/convert/declared.hpp"
#include "core/convert/json.hpp"
#include "core/rows/json_hash.hpp"
#include "core/convert/json_value.hpp"

namespace tandem::core {

using base::Cell;
using base::Kind;
using base::strcat;
using base::Value;

namespace {

const TargetColumn& target_column(const Target& target, const std::string& name) {
  for (const TargetColumn& column : target.columns)
    if (column.name == name) return column;
  throw base::Failure(base::Errc::undefined_column,
                      strcat("column ", name, " of ", target.name, " is not there any more"), {},
                      "SELECT * FROM tandem.validate_mapping(...) shows what to change.");
}

// What a value says as a part of an id; empty: nothing.
std::string_view id_text(const Value& value) {
  return value.kind == Kind::string || value.kind == Kind::number || value.kind == Kind::boolean ? value.text
                                                                                                 : std::string_view{};
}

RowFault no_id(std::size_t record, const std::string& field) {
  return {.record = record,
          .error_type = error_type::kValidation,
          .code = code::kNoId,
          .field = field,
          .column = {},
          .message = strcat("record has no ", field, ", which identifies it"),
          .suggestion = "Check the key of the mapping, or correct the record at its source.",
          .sqlstate = {}};
}

}  // namespace

RowBuilder::RowBuilder(const Mapping& mapping, const Target& target, std::vector<std::string> key, std::uint64_t seed,
                       const TextCase* letters)
    : seed_(seed) {
  for (const ColumnMapping& mapped : mapping.columns)
    columns_.push_back(make_column(mapped, target_column(target, mapped.column), letters));
  for (const ColumnMapping& mapped : mapping.columns) {
    if (mapped.absent == Absent::keep) keep_.push_back(field_index(mapped.field));
    record_ |= uses_record(mapped);
  }
  for (const std::string& field : key) key_.push_back(field_index(field));
  if (!mapping.cursor_field.empty()) cursor_field_ = field_index(mapping.cursor_field);
  for (const std::string& field : mapping.hash_fields) hashed_.push_back(field_index(field));
  if (!mapping.hash_fields.empty()) return;
  for (const Column& column : columns_) {
    hash_record_ = hash_record_ || column.record;
    if (!column.constant && column.stamp == Stamp::none && !column.computed)
      hashed_.push_back(column.field);  // constants are in the seed
  }
}

RowBuilder::Column RowBuilder::make_column(const ColumnMapping& mapped, const TargetColumn& local,
                                           const TextCase* letters) {
  Column column{.field = mapped.field.empty() ? 0 : field_index(mapped.field),
                .field_name = mapped.field,
                .name = mapped.column,
                .type = mapped.has_sql() ? staged_type(mapped) : local.type,
                .declared = mapped.type,
                .required = mapped.required,
                .not_null = local.not_null,
                .fallback = std::nullopt,
                .constant = std::nullopt,
                .stamp = mapped.stamp,
                .steps = TransformChain(mapped.to_local, own_text_, letters),
                .absent = mapped.absent,
                .replace_bad_text = mapped.replace_bad_text,
                .sql = mapped.has_sql(),
                .computed = mapped.computed(),
                .record = uses_record(mapped),
                .reference = mapped.reference.has_value()};
  seed_ = base::hash64(strcat(mapped.field, "\x1f", mapped.column, "\x1f", declared_type_name(mapped.type)), seed_);
  if (mapped.constant) {
    if (mapped.use == ColumnUse::compared) seed_ = base::hash64(mapped.constant->dump(), seed_);
    column.constant = own_cell(*mapped.constant, local, column, "constant");
  }
  if (mapped.fallback && !mapped.fallback->is_null())
    column.fallback = own_cell(*mapped.fallback, local, column, "default");
  return column;
}

// The cell of a value that stands in the mapping itself.
Cell RowBuilder::own_cell(const base::Json& json, const TargetColumn& local, const Column& column, const char* what) {
  Cell cell;
  std::string why;
  if (json.is_null())
    why = local.not_null ? "the column is NOT NULL" : "";
  else if (auto problem = core::convert(value_of_json(json, own_text_), local.type,
                                        column.sql ? DeclaredType::none : column.declared, own_text_, cell))
    why = std::move(problem->message);
  if (why.empty()) return cell;
  throw base::Failure(base::Errc::invalid_parameter, strcat("the ", what, " of ", column.name, " does not fit: ", why));
}

RowBuilder::Identified RowBuilder::identify(const base::Page& page, base::TextArena& arena) const {
  Identified out;
  out.rows.reserve(page.records());
  std::unordered_map<std::string_view, std::size_t> seen;
  seen.reserve(page.records());
  for (std::size_t record = 0; record < page.records(); ++record) {
    std::string_view id = origin_id(page, record, arena);
    if (versions_) id = arena.keep(strcat(id, "#", std::to_string(hash(page, record))));
    if (id.empty() && !key_.empty()) {
      out.faults.push_back(without_id(page, record));
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
  out.cells.reserve(rows.size() * columns());
  out.rows.reserve(rows.size());
  for (const Identity& row : rows) {
    const std::size_t begin = out.cells.size();
    std::optional<RowFault> fault;
    for (const Column& column : columns_) {
      fault = cell_of(page, row.record, column, arena, out.cells.emplace_back());
      if (fault) break;
    }
    if (!fault) fault = add_facts(page, row.record, arena, out);
    if (fault) {
      out.cells.resize(begin);
      if (keep_failed_) add_failed(page, row.record, arena, out.failed);
      fault->record = row.record;
      out.faults.push_back(std::move(*fault));
    } else {
      out.rows.push_back(row);
    }
  }
  return out;
}

bool RowBuilder::convert_some(const base::Page& page, std::size_t record, std::span<const std::size_t> positions,
                              base::TextArena& arena, std::vector<Cell>& cells) const {
  return std::ranges::all_of(positions, [&](std::size_t position) {
    const Column& column = columns_[position];
    return !column.sql && !column.reference && !cell_of(page, record, column, arena, cells.emplace_back());
  });
}

void RowBuilder::add_failed(const base::Page& page, std::size_t record, base::TextArena& arena,
                            std::vector<Cell>& cells) const {
  for (const Column& column : columns_) {
    Cell cell;
    const bool unfit = column.sql || cell_of(page, record, column, arena, cell);
    cells.push_back(unfit ? Cell{} : cell);
  }
}

std::optional<RowFault> RowBuilder::cell_of(const base::Page& page, std::size_t record, const Column& column,
                                            base::TextArena& arena, Cell& cell) const {
  if (column.constant) {
    cell = *column.constant;
    return std::nullopt;
  }
  if (column.stamp != Stamp::none) {
    cell = stamped(column.stamp, arena);
    return std::nullopt;
  }
  Value value = column.computed ? Value{} : value_of(page, record, column.field);
  const bool absent = value.kind == Kind::absent;
  if (absent && column.absent == Absent::error)
    return column.fault(error_type::kValidation, code::kRequiredMissing, "the field is missing",
                        "The mapping says that this is an error; null would not be.");
  if (column.replace_bad_text) value = with_bad_text_replaced(value, arena);
  if (value.kind == Kind::broken)
    return column.fault(error_type::kTransform, code::kNotText,
                        "the string holds a NUL or half a surrogate pair, which text cannot hold",
                        "Correct the record at its source, or add \"bad_text\": \"replace\" to the mapping.");
  if (auto problem = column.steps.apply(value, arena)) return column.fault(std::move(*problem));
  if (value.kind == Kind::absent || value.kind == Kind::null) return nothing(absent, column, cell);
  if (column.reference) {
    cell.form = Cell::Form::text;
    cell.text = value.text;
    return std::nullopt;
  }
  auto problem =
      column.sql ? staged(value, column, arena, cell) : core::convert(value, column.type, column.declared, arena, cell);
  return problem ? std::optional(column.fault(std::move(*problem))) : std::nullopt;
}

// There is no value: the default, null, or a fault. What the database computes is its own matter.
std::optional<RowFault> RowBuilder::nothing(bool absent, const Column& column, Cell& cell) const {
  if (!column.sql && column.fallback) {
    cell = *column.fallback;
    return std::nullopt;
  }
  const bool refused =
      column.required || (column.not_null && !column.sql && !(absent && column.absent == Absent::keep));
  if (!refused) return std::nullopt;  // the cell is null already
  return column.fault(error_type::kValidation, code::kRequiredMissing,
                      absent ? "the value is missing" : "the value is null",
                      column.required ? "The mapping says that it is required."
                                      : "The column is NOT NULL: give it a \"default\" in the mapping.");
}

// What the SQL of a column sees as `value`: text, or jsonb where the field is declared so.
std::optional<Problem> RowBuilder::staged(const Value& value, const Column& column, base::TextArena& arena,
                                          Cell& cell) const {
  if (auto problem = check_declared(value, column.declared)) return problem;
  if (column.type.type_class == base::TypeClass::jsonb) return to_json(value, column.type, arena, cell);
  cell.form = Cell::Form::text;
  cell.text = value.text;
  return std::nullopt;
}

// Behind the columns: which of them are to be left as they are; beside them: the record for those that look at it.
std::optional<RowFault> RowBuilder::add_facts(const base::Page& page, std::size_t record, base::TextArena& arena,
                                              Converted& out) const {
  for (const std::size_t field : keep_) {
    Cell& cell = out.cells.emplace_back();
    cell.form = Cell::Form::integer;
    cell.integer = value_of(page, record, field).kind == Kind::absent ? 1 : 0;
  }
  if (!record_) return std::nullopt;
  const base::ColumnType jsonb{.type_class = base::TypeClass::jsonb, .name = "jsonb"};
  Cell cell;
  auto problem = to_json({Kind::json, page.raw[record]}, jsonb, arena, cell);
  if (!problem) {
    out.records.push_back(cell);
    return std::nullopt;
  }
  for (const Column& column : columns_)
    if (column.record) return column.fault(std::move(*problem));
  return std::nullopt;
}

RowFault RowBuilder::Column::fault(const char* error_type, const char* code, std::string message,
                                   std::string suggestion) const {
  return {.record = 0,
          .error_type = error_type,
          .code = code,
          .field = field_name,
          .column = name,
          .message = field_name.empty() ? strcat("column ", name, ": ", message)
                                        : strcat("field ", field_name, ", column ", name, ": ", message),
          .suggestion = std::move(suggestion),
          .sqlstate = {}};
}

RowFault RowBuilder::Column::fault(Problem problem) const {
  return fault(problem.error_type, problem.code, std::move(problem.message), std::move(problem.suggestion));
}

Cell RowBuilder::stamped(Stamp stamp, base::TextArena& arena) const {
  Cell cell;
  if (stamp == Stamp::now) {
    cell.form = Cell::Form::time;
    cell.integer = now_.micros;
  } else {
    cell.form = Cell::Form::text;
    cell.text = base::random_uuid(arena);
  }
  return cell;
}

RowFault RowBuilder::without_id(const base::Page& page, std::size_t record) const {
  const auto lacks = [&](std::size_t field) { return id_text(value_of(page, record, field)).empty(); };
  const auto missing = std::ranges::find_if(key_, lacks);
  return no_id(record, names_[missing == key_.end() ? key_.front() : *missing]);
}

std::string_view RowBuilder::origin_id(const base::Page& page, std::size_t record, base::TextArena& arena) const {
  if (key_.size() == 1) return id_text(value_of(page, record, key_.front()));
  std::vector<base::Json> parts;
  for (const std::size_t field : key_) {
    const std::string_view text = id_text(value_of(page, record, field));
    if (text.empty()) return {};
    parts.emplace_back(std::string(text));
  }
  return key_.empty() ? std::string_view{} : arena.keep(base::Json::array(std::move(parts)).dump());
}

std::uint64_t RowBuilder::hash(const base::Page& page, std::size_t record) const {
  std::uint64_t h = seed_;
  if (hash_record_) h = json_hash(page.raw[record], h);
  for (const std::size_t field : hashed_) {
    const Value value = value_of(page, record, field);
    const std::uint64_t seed = h + static_cast<std::uint64_t>(value.kind);
    h = value.kind == Kind::json ? json_hash(value.text, seed) : base::hash64(value.text, seed);
  }
  return h;
}

Value RowBuilder::value_of(const base::Page& page, std::size_t record, std::size_t field) const {
  if (fields_[field].whole_record()) return {Kind::json, page.raw[record]};
  return page.values[record * page.fields + field];
}

std::size_t RowBuilder::extract(const base::FieldPath& field) {
  const auto same = [&](const base::FieldPath& f) { return f.literal == field.literal && f.path == field.path; };
  const auto found = std::ranges::find_if(fields_, same);
  if (found != fields_.end()) return static_cast<std::size_t>(found - fields_.begin());
  names_.push_back(field.literal);
  fields_.push_back(field);
  return names_.size() - 1;
}

std::size_t RowBuilder::field_index(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
  names_.push_back(name);
  fields_.push_back(base::FieldPath::parse(name));
  return names_.size() - 1;
}

}  // namespace tandem::core
