#include "core/rows/child_rows.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/convert/json_elements.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/children.hpp"

namespace tandem::core {

using base::Kind;
using base::strcat;
using base::Value;

namespace {

const char* kind_in_words(Kind kind) {
  switch (kind) {
    case Kind::absent:
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::number:
      return "a number";
    case Kind::string:
    case Kind::broken:
      return "a string";
    case Kind::json:
      return "an object or an array";
  }
  return "";  // not reached: the switch is exhaustive
}

std::vector<std::size_t> places_of(const RowBuilder& rows, std::string_view name) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < rows.fields().size(); ++i)
    if (rows.fields()[i].literal == name) out.push_back(i);
  return out;
}

// Cells of a key as one text, for comparison.
void append_key(const base::Cell& cell, std::string& out) {
  out += static_cast<char>('0' + static_cast<int>(cell.form));
  if (cell.form == base::Cell::Form::text)
    out += strcat(cell.text.size(), ":", cell.text);
  else
    out.append(reinterpret_cast<const char*>(&cell.integer), sizeof(cell.integer));
}

}  // namespace

ChildRows::ChildRows(const ChildTable& child, const Mapping& mapping, const Target& table, std::size_t array,
                     const TextCase* letters)
    : name_(array_name(child)),
      array_(array),
      rows_(mapping, table, {}, 0, letters),
      reader_({base::RecordsAt::Rule::root, {}}, rows_.fields(), {}),
      element_(places_of(rows_, kElement)),
      position_(places_of(rows_, kPosition)) {
  const std::vector<std::string> key = key_columns(child);
  for (const std::string& column : key)
    key_.push_back(static_cast<std::size_t>(std::ranges::find(mapping.columns, column, &ColumnMapping::column) -
                                            mapping.columns.begin()));
  key_names_ = base::join(child.key, ", ");
}

void ChildRows::gather(const base::Page& page, std::span<const Identity> rows, Elements& out) {
  std::vector<std::string_view> raw;
  out.given.resize(page.records());
  for (const Identity& row : rows) add(page, row.record, out, raw);
  read(out, raw);
}

// A record is taken with all its elements, or it is a fault.
void ChildRows::add(const base::Page& page, std::size_t record, Elements& out,
                    std::vector<std::string_view>& raw) const {
  const Value& array = page.record(record)[array_];
  out.given[record] = array.kind != Kind::absent;
  if (array.kind == Kind::absent || array.kind == Kind::null) return;
  if (array.kind != Kind::json || array.text.front() != '[') {
    const bool object = array.kind == Kind::json;
    out.faults.push_back(fault(
        record, strcat("field ", name_, " is ", object ? "an object" : kind_in_words(array.kind), ", not an array")));
    return;
  }
  const std::size_t before = raw.size();
  JsonElements elements(array.text);
  while (const auto element = elements.next()) {
    if (element_.empty() && element->front() != '{') {
      const bool list = element->front() == '[';
      const Kind kind = list ? Kind::json : value_of_element(*element, out.arena).kind;
      out.faults.push_back(fault(record, strcat("element ", raw.size() - before + 1, " of ", name_, " is ",
                                                list ? "an array" : kind_in_words(kind), ", not an object")));
      raw.resize(before);
      out.record.resize(before);
      out.position.resize(before);
      return;
    }
    raw.push_back(*element);
    out.record.push_back(record);
    out.position.push_back(raw.size() - before);
  }
}

// One text of all the elements, for the reader knows objects only: others are read as empty ones.
void ChildRows::read(Elements& out, const std::vector<std::string_view>& raw) {
  if (raw.empty()) return;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    out.text.append(i == 0 ? "[" : ",");
    out.text.append(raw[i].front() == '{' ? raw[i] : "{}");
  }
  out.text.append("]");
  out.page = reader_.read(out.text, out.arena).value();
  out.rows.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    out.rows.push_back({.record = i, .origin_id = {}, .hash = 0});
    Value* const values = out.page.values.data() + i * out.page.fields;
    if (raw[i].front() != '{') out.page.raw[i] = raw[i];
    for (const std::size_t place : element_) values[place] = value_of_element(raw[i], out.arena);
    for (const std::size_t place : position_)
      values[place] = {Kind::number, out.arena.keep(std::to_string(out.position[i]))};
  }
}

RowBuilder::Converted ChildRows::convert(Elements& elements, base::Instant now) {
  rows_.set_now(now);
  return rows_.convert(elements.page, elements.rows, elements.arena);
}

ChildCells ChildRows::finish(Elements& elements, const RowBuilder::Converted& converted) const {
  const std::size_t records = elements.given.size();
  std::vector<RowFault> found = converted.faults;
  refuse_same_keys(elements, converted, found);
  std::ranges::stable_sort(found, {}, &RowFault::record);
  std::vector<bool> bad(records);
  for (RowFault& of_element : found) {
    const std::size_t record = elements.record[of_element.record];
    if (bad[record]) continue;
    bad[record] = true;
    of_element.message =
        strcat("element ", elements.position[of_element.record], " of ", name_, ": ", of_element.message);
    of_element.field = of_element.field.empty() ? name_ : strcat(name_, ".", of_element.field);
    of_element.record = record;
    elements.faults.push_back(std::move(of_element));
  }
  ChildCells out{.cells = converted.cells, .width = rows_.columns(), .first = {}, .given = elements.given};
  out.first.resize(records + 1);
  for (const Identity& row : converted.rows) ++out.first[elements.record[row.record] + 1];
  for (std::size_t i = 0; i < records; ++i) out.first[i + 1] += out.first[i];
  return out;
}

void ChildRows::refuse_same_keys(const Elements& elements, const RowBuilder::Converted& converted,
                                 std::vector<RowFault>& faults) const {
  if (key_.empty()) return;
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < converted.rows.size(); ++i) {
    const std::size_t element = converted.rows[i].record;
    if (i == 0 || elements.record[element] != elements.record[converted.rows[i - 1].record]) seen.clear();
    std::string key;
    for (const std::size_t column : key_) append_key(converted.cells[i * rows_.columns() + column], key);
    if (seen.insert(std::move(key)).second) continue;
    RowFault same = fault(element, strcat("another element has the same key (", key_names_, ")"));
    same.code = code::kSameElement;
    same.suggestion = "Correct the record at its source, or choose another \"key\" for the child table.";
    faults.push_back(std::move(same));
  }
}

RowFault ChildRows::fault(std::size_t record, std::string message) const {
  return {.record = record,
          .error_type = error_type::kValidation,
          .code = code::kNoElements,
          .field = name_,
          .column = {},
          .message = std::move(message),
          .suggestion = "Correct the record at its source, or map \".\", which is the element itself, to a column.",
          .sqlstate = {}};
}

}  // namespace tandem::core
