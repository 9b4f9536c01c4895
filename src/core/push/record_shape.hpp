// How the fields of a mapping make up the object that is sent: "address.city" goes to
// {"address": {"city": …}}, "/a/b" is a JSON pointer, "lines.0.sku" an array. Built once for
// a mapping from the names of its fields, it prints any subset of their values: as JSON, as
// flat form fields (address[city]) or as the cells of a CSV line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/push/value.hpp"

namespace tandem::core {

// How a null is sent: what clears a field at the other side.
enum class Nulls { null, empty, omit };

// The values of one record by field; null: it has no value for that field.
using RecordValues = std::span<const OutValue* const>;

class OutShape {
 public:
  explicit OutShape(const std::vector<std::string>& fields);

  [[nodiscard]] std::size_t fields() const noexcept { return names_.size(); }
  [[nodiscard]] const std::string& name(std::size_t field) const { return names_[field]; }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept;
  // Two fields that cannot both be sent: one is a part of the other.
  [[nodiscard]] std::optional<std::string> conflict() const;

  // The members of the object, without its braces; puts a comma before the first unless `out` ends with '{'.
  void print_members(RecordValues values, Nulls nulls, std::string& out) const;
  void print_object(RecordValues values, Nulls nulls, std::string& out) const;
  // Where the value of `field` goes in a form: address[city].
  [[nodiscard]] const std::string& form_name(std::size_t field) const { return form_names_[field]; }

 private:
  struct Node {
    std::string key = {};   // escaped and quoted, with a colon; empty in an array
    std::string name = {};  // as it is
    bool array = false;     // its children are elements
    std::size_t index = 0;  // in an array
    std::optional<std::size_t> field = {};
    std::vector<std::uint32_t> children = {};
  };
  std::uint32_t child(std::uint32_t parent, const std::string& name);
  void seal(std::uint32_t node);
  [[nodiscard]] bool filled(const Node& node, RecordValues values, Nulls nulls) const;
  void print(const Node& node, RecordValues values, Nulls nulls, std::string& out) const;
  void print_array(const Node& node, RecordValues values, Nulls nulls, std::string& out) const;

  std::vector<std::string> names_, form_names_;
  std::vector<Node> nodes_;
  bool flat_ = true;
};

// One value as JSON; a null as `nulls` says (omit: null).
void print_json(const OutValue& value, Nulls nulls, std::string& out);
// As it stands in text: in a path, a form, a CSV cell. A null is empty.
[[nodiscard]] inline std::string_view plain_text(const OutValue& value) noexcept {
  return value.kind == OutValue::Kind::null ? std::string_view() : std::string_view(value.text);
}
// Quoted where it must be (RFC 4180).
void append_csv_cell(std::string& out, std::string_view text);

}  // namespace tandem::core
