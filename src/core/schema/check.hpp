// Reads objects of user-written JSON (manifests, configs, mapping definitions) strictly:
// the reader is told every key that is known, so an unknown one, a wrong kind and a wrong
// choice become findings with the exact path and the nearest known word. Nothing throws:
// what cannot be read is reported and then counts as absent. null counts as absent too.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "core/mapping/finding.hpp"

namespace tandem::core {

using Words = std::span<const std::string_view>;

// Codes that any definition can earn; those of mappings alone stand in mapping_codes.hpp.
namespace finding_code {
inline constexpr const char* kUnknownKey = "TD501";
inline constexpr const char* kWrongKind = "TD502";
inline constexpr const char* kWrongValue = "TD503";
inline constexpr const char* kMissing = "TD504";
}  // namespace finding_code

// "objects" + "customers" -> objects.customers; a key with odd characters is quoted, as in `$."odd key"`.
[[nodiscard]] std::string path_join(std::string_view path, std::string_view key);
// `Did you mean "style"?`, or `Known keys: a, b.` when nothing is near; `what` is "Known keys", "Allowed", ...
[[nodiscard]] std::string nearest_hint(std::string_view word, Words choices, std::string_view what);

class ObjectReader {
 public:
  // Reports a value that is no object, and every key that is not in `known`. All arguments
  // but `path` are borrowed and must outlive the reader.
  ObjectReader(const base::Json& json, std::string path, Words known, Findings& findings);

  [[nodiscard]] const base::Json* find(std::string_view key) const noexcept;  // absent or null: nullptr
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string path_of(std::string_view key) const { return path_join(path_, key); }

  std::optional<std::string> text(std::string_view key);  // not empty
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least,
                                      std::int64_t most = std::numeric_limits<std::int64_t>::max());
  // Position of the text in `choices`.
  std::optional<std::size_t> choice(std::string_view key, Words choices);
  // One text or an array of them: not empty, each once. Absent: empty.
  std::vector<std::string> texts(std::string_view key);
  // Members of an object with free keys, without nulls; empty keys are reported.
  std::vector<const base::Json::Member*> members(std::string_view key);

  void error(std::string_view key, std::string message, std::string hint = {},
             const char* code = finding_code::kWrongValue);
  void warning(std::string_view key, std::string message, std::string hint = {},
               const char* code = finding_code::kWrongValue);
  void missing(std::string_view key, std::string hint = {});

 private:
  void report_unknown(Words known);
  bool expect(std::string_view key, bool right, std::string_view wanted, const base::Json& value);

  const base::Json& json_;
  std::string path_;
  Findings& findings_;
};

}  // namespace tandem::core
