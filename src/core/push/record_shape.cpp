#include "core/push/record_shape.hpp"

#include <algorithm>

#include "base/json_text.hpp"
#include "base/page_reader.hpp"
#include "base/strings.hpp"
#include "base/whole_number.hpp"

namespace tandem::core {

namespace {

constexpr std::int64_t kMostElements = 1000;  // "lines.999999999" is a key, not an array of that length

std::optional<std::size_t> element(const std::string& name) {
  if (name.empty() || name.size() > 4 || (name.size() > 1 && name.front() == '0')) return std::nullopt;
  const std::optional<std::int64_t> number = base::whole_number(name);
  if (!number || *number < 0 || *number >= kMostElements) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

std::vector<std::string> steps_of(const std::string& field) {
  base::FieldPath path = base::FieldPath::parse(field);
  return path.path.empty() ? std::vector{std::move(path.literal)} : std::move(path.path);
}

void comma(std::string& out) {
  if (!out.empty() && out.back() != '{' && out.back() != '[') out.push_back(',');
}

}  // namespace

OutShape::OutShape(const std::vector<std::string>& fields) : names_(fields), nodes_(1) {
  for (std::size_t field = 0; field < names_.size(); ++field) {
    const std::vector<std::string> steps = steps_of(names_[field]);
    flat_ = flat_ && steps.size() == 1;
    std::uint32_t at = 0;
    std::string form;
    for (const std::string& step : steps) {
      at = child(at, step);
      form += form.empty() ? step : base::strcat('[', step, ']');
    }
    if (!nodes_[at].field) nodes_[at].field = field;
    form_names_.push_back(std::move(form));
  }
  seal(0);
}

std::optional<std::size_t> OutShape::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(names_, name);
  return found == names_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - names_.begin()));
}

std::optional<std::string> OutShape::conflict() const {
  for (const Node& node : nodes_)
    if (node.field && !node.children.empty()) return names_[*node.field];
  return std::nullopt;
}

void OutShape::print_members(RecordValues values, Nulls nulls, std::string& out) const {
  for (const std::uint32_t at : nodes_.front().children) {
    const Node& node = nodes_[at];
    if (!filled(node, values, nulls)) continue;
    comma(out);
    out.append(node.key);
    print(node, values, nulls, out);
  }
}

void OutShape::print_object(RecordValues values, Nulls nulls, std::string& out) const {
  out.push_back('{');
  print_members(values, nulls, out);
  out.push_back('}');
}

std::uint32_t OutShape::child(std::uint32_t parent, const std::string& name) {
  for (const std::uint32_t at : nodes_[parent].children)
    if (nodes_[at].name == name) return at;
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  Node node{.name = name};
  base::append_json_string(node.key, name);
  node.key.push_back(':');
  nodes_.push_back(std::move(node));
  nodes_[parent].children.push_back(made);
  return made;
}

// The root is always an object; below it a node is an array when all its children are numbers.
void OutShape::seal(std::uint32_t at) {
  const std::vector<std::uint32_t> children = nodes_[at].children;
  for (const std::uint32_t below : children) seal(below);
  if (at == 0 || children.empty()) return;
  for (const std::uint32_t below : children)
    if (!element(nodes_[below].name)) return;
  nodes_[at].array = true;
  for (const std::uint32_t below : children) nodes_[below].index = *element(nodes_[below].name);
  std::ranges::sort(nodes_[at].children, {}, [&](std::uint32_t below) { return nodes_[below].index; });
}

bool OutShape::filled(const Node& node, RecordValues values, Nulls nulls) const {
  for (const std::uint32_t at : node.children)
    if (filled(nodes_[at], values, nulls)) return true;
  if (!node.field) return false;
  const OutValue* const value = values[*node.field];
  return value != nullptr && (value->kind != OutValue::Kind::null || nulls != Nulls::omit);
}

void OutShape::print(const Node& node, RecordValues values, Nulls nulls, std::string& out) const {
  const OutValue* const whole = node.field ? values[*node.field] : nullptr;
  if (node.children.empty() || whole != nullptr) return print_json(*whole, nulls, out);
  if (node.array) return print_array(node, values, nulls, out);
  out.push_back('{');
  for (const std::uint32_t at : node.children) {
    if (!filled(nodes_[at], values, nulls)) continue;
    comma(out);
    out.append(nodes_[at].key);
    print(nodes_[at], values, nulls, out);
  }
  out.push_back('}');
}

// A position that has no value, before one that has, is null: the others keep theirs.
void OutShape::print_array(const Node& node, RecordValues values, Nulls nulls, std::string& out) const {
  out.push_back('[');
  std::size_t next = 0;
  for (const std::uint32_t at : node.children) {
    if (!filled(nodes_[at], values, nulls)) continue;
    for (; next < nodes_[at].index; ++next) comma(out), out.append("null");
    comma(out);
    print(nodes_[at], values, nulls, out);
    ++next;
  }
  out.push_back(']');
}

void print_json(const OutValue& value, Nulls nulls, std::string& out) {
  switch (value.kind) {
    case OutValue::Kind::null:
      out.append(nulls == Nulls::empty ? "\"\"" : "null");
      break;
    case OutValue::Kind::string:
      base::append_json_string(out, value.text);
      break;
    case OutValue::Kind::literal:
      out.append(value.text);
      break;
  }
}

void append_csv_cell(std::string& out, std::string_view text) {
  const bool edge = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  if (!edge && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

}  // namespace tandem::core
