// JSON as a plain C++ value, for manifests, configuration and small bodies.
// jansson does the parsing (src/base/json.cpp, the only file that sees it); pages
// of records never come this way but through page_reader. Objects keep the order
// of their keys; a duplicate key keeps the last value, as jsonb does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tandem::base {

class Json {
 public:
  enum class Kind { null, boolean, integer, real, string, array, object };
  using Member = std::pair<std::string, Json>;

  Json() = default;
  explicit Json(bool value) : kind_(Kind::boolean), integer_(value) {}
  explicit Json(std::int64_t value) : kind_(Kind::integer), integer_(value) {}
  explicit Json(double value) : kind_(Kind::real), real_(value) {}
  explicit Json(std::string value) : kind_(Kind::string), string_(std::move(value)) {}
  static Json array(std::vector<Json> items = {});
  static Json object(std::vector<Member> members = {});

  // Depth is capped at 128, size at max_bytes; the message names line and column.
  static Result<Json> parse(std::string_view text, std::size_t max_bytes = 16u << 20);
  [[nodiscard]] std::string dump() const;  // compact, one line

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_null() const noexcept { return kind_ == Kind::null; }
  [[nodiscard]] bool is_boolean() const noexcept { return kind_ == Kind::boolean; }
  [[nodiscard]] bool is_integer() const noexcept { return kind_ == Kind::integer; }
  [[nodiscard]] bool is_string() const noexcept { return kind_ == Kind::string; }
  [[nodiscard]] bool is_array() const noexcept { return kind_ == Kind::array; }
  [[nodiscard]] bool is_object() const noexcept { return kind_ == Kind::object; }
  [[nodiscard]] static std::string_view kind_name(Kind kind) noexcept;  // "object", "text", ...

  // Accessors of the kind they name; calling one on another kind is a programming
  // error and throws Failure(internal).
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::int64_t integer() const;
  [[nodiscard]] double real() const;  // also of an integer
  [[nodiscard]] const std::string& string() const;
  [[nodiscard]] const std::vector<Json>& items() const;
  [[nodiscard]] const std::vector<Member>& members() const;

  [[nodiscard]] const Json* find(std::string_view key) const noexcept;             // null if absent or no object
  [[nodiscard]] std::optional<std::string> string_at(std::string_view key) const;  // absent, null or no string: nullopt
  [[nodiscard]] std::optional<std::int64_t> integer_at(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean_at(std::string_view key) const;
  void set(std::string key, Json value);  // object only; replaces in place, else appends
  void push(Json value);                  // array only

  bool operator==(const Json&) const = default;

 private:
  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string string_;
  std::vector<Json> items_;
  std::vector<Member> members_;
};

// RFC 7396: null removes, objects merge, everything else replaces.
[[nodiscard]] Json merge_patch(Json target, const Json& patch);

// "jansson 2.14": the library as loaded, for tandem.version().
[[nodiscard]] std::string json_library();

}  // namespace tandem::base
