// Paths, parameters, headers and bodies of a manifest's "write", compiled for one mapping:
// placeholders are looked up once, and printing a change only appends. Strings of a JSON
// template that are one placeholder become its value, with its type; "…": "{record}" puts
// the record's members among the others, and a member whose value is "{version}" is left
// out while no version is known.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "core/push/change.hpp"
#include "core/push/record_shape.hpp"
#include "core/push/slot.hpp"

namespace tandem::core {

// The key of a template's object whose value, "{record}" or "{rest}", is spread among its members.
inline constexpr std::string_view kSpread = "...";

// What slots of the run stand for.
struct PushFacts {
  std::string mapping = {}, mapping_id = {}, run = {}, connection = {}, tenant = {}, object = {}, host = {}, now = {};
};

// What a template is printed for. Everything is borrowed.
struct PrintScope {
  const OutShape& shape;
  const PushFacts& facts;
  const OutChange* change = nullptr;    // null: of a batch as a whole
  RecordValues values = {};             // all that the change brings, by field
  RecordValues sent = {};               // what of it goes into {record}
  RecordValues rest = {};               // the same without the key
  std::optional<std::size_t> key = {};  // the key field
  std::size_t index = 0;
  Nulls nulls = Nulls::null;
  std::string_view records = {}, ids = {}, keys = {};  // of the batch
  std::size_t count = 1;
};

// A slot that has no value: it cannot be sent so.
struct Unprintable {
  Slot slot;
};
using Printed = std::optional<Unprintable>;  // nullopt: it was printed

// A slot, bound to the mapping's fields.
struct BoundSlot {
  Slot slot = {};
  std::optional<std::size_t> field = {};  // Name::field; nullopt: the mapping does not have it
};

class TextTemplate {
 public:
  enum class Escape { none, path };  // path: percent-encoded, and no empty, "." or ".." segment
  static base::Result<TextTemplate> compile(std::string_view text, const OutShape& shape);

  Printed print(const PrintScope& scope, Escape escape, std::string& out) const;
  // Of it alone: it prints the same for every change.
  [[nodiscard]] bool constant() const noexcept;
  // It is {version} and nothing else, and no version is known: what it belongs to is left out.
  [[nodiscard]] bool left_out(const PrintScope& scope) const noexcept;

 private:
  friend class JsonTemplate;
  friend class FormTemplate;
  struct Piece {
    std::string text;
    std::optional<BoundSlot> slot;
  };
  std::vector<Piece> pieces_;
};

class JsonTemplate {
 public:
  static base::Result<JsonTemplate> compile(const base::Json& json, const OutShape& shape);
  Printed print(const PrintScope& scope, std::string& out) const;
  // It becomes the variables of a query.
  void wrap_graphql(std::string_view query);

 private:
  struct Step {
    enum class Kind {
      text,    // as it is
      value,   // a slot as JSON
      inside,  // a slot within a string
      spread,  // members
      comma,   // unless nothing stands before it
      member,  // key and slot, unless it is left out
    };
    Kind kind = Kind::text;
    std::string text = {};
    BoundSlot slot = {};
  };
  std::optional<base::Error> add(const base::Json& json, const OutShape& shape);
  std::optional<base::Error> add_string(std::string_view text, const OutShape& shape);
  std::optional<base::Error> add_object(const base::Json& json, const OutShape& shape);
  void add_text(std::string_view text);
  std::vector<Step> steps_;
};

// An object template as a flat list: the fields of a form, the columns of a CSV line.
class FormTemplate {
 public:
  static base::Result<FormTemplate> compile(const base::Json& json, const OutShape& shape);
  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
  // name=value&name=value
  Printed print_form(const PrintScope& scope, std::string& out) const;
  // The same, not yet encoded.
  Printed print_pairs(const PrintScope& scope, std::vector<std::pair<std::string, std::string>>& out) const;
  // The columns: a record has a cell for each field of `fields` that is marked.
  void print_header(const OutShape& shape, const std::vector<bool>& fields, std::optional<std::size_t> key,
                    std::string& out) const;
  Printed print_line(const PrintScope& scope, const std::vector<bool>& fields, std::string_view null_text,
                     std::string& out) const;

 private:
  struct Item {
    std::string name;  // of a record: what its fields stand below, in a form
    std::optional<Slot> record;
    TextTemplate text;
  };
  std::optional<base::Error> add(const std::string& name, const base::Json& json, const OutShape& shape);
  std::vector<Item> items_;
};

// What is wrong with a template, without a mapping; nullopt: nothing.
[[nodiscard]] std::optional<base::Error> check_template(const base::Json& json);
// All slots of it.
[[nodiscard]] std::vector<Slot> slots_of(std::string_view text);
[[nodiscard]] std::vector<Slot> slots_of(const base::Json& json);

}  // namespace tandem::core
