// The steps that a column mapping puts between the remote value and the column
// ("to_local", "to_remote"): what their author wrote, read and checked. What the steps
// that need no SQL do stands in transform_chain.hpp; lookups, functions and expressions
// are compiled to SQL by store/transform_sql.hpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "core/convert/convert.hpp"
#include "core/mapping/finding.hpp"

namespace tandem::core {

struct Transform {
  enum class Kind {
    trim,
    lowercase,
    uppercase,
    constant,
    map,
    cast,
    date_format,
    number_format,
    split,
    join,
    lookup,
    function,
    sql
  };
  Kind kind = Kind::trim;
  std::string text = {};                                     // pattern, separator, function or expression
  base::Json constant = {};                                  // constant; map: what "*" gives
  std::vector<std::pair<std::string, base::Json>> map = {};  // without "*"
  bool otherwise = false;                                    // map has "*"
  DeclaredType type = DeclaredType::none;                    // cast
  std::string offset = {};                                   // date_format: what is put behind the time
  std::string decimal = {}, group = {};                      // number_format
  std::string table = {}, key = {}, value = {};              // lookup
};

// The word it has in a definition: "trim", "date_format", …
[[nodiscard]] std::string_view transform_name(Transform::Kind kind);
// Only the database can do it.
[[nodiscard]] bool needs_sql(Transform::Kind kind) noexcept;
// How many steps come before the first one that needs SQL.
[[nodiscard]] std::size_t steps_before_sql(std::span<const Transform> steps) noexcept;

// One step or an array of them; what cannot be read is reported at `path` and left out.
[[nodiscard]] std::vector<Transform> read_transforms(const base::Json& json, const std::string& path,
                                                     Findings& findings);

// What the steps make of a value of type `from`, as far as one can tell beforehand; none: anything.
[[nodiscard]] DeclaredType type_after(DeclaredType from, std::span<const Transform> steps) noexcept;
// The first step that cannot be turned around for the way back; nullptr: all of them can.
[[nodiscard]] const Transform* first_one_way(std::span<const Transform> steps) noexcept;

}  // namespace tandem::core
