// References between mappings: a column whose remote value is the id of another mapping's
// record, and whose local value is the key of the row that this one has become. Also told
// here: which mapping has to go before which.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

struct Reference {
  enum class Missing { wait, null, error };  // of a record that the other mapping has not got
  std::string mapping = {};
  std::string key = {};  // column of its table; empty: the primary key
  Missing missing = Missing::wait;
};

// {"mapping": "accounts", "key": "id", "missing": "wait"}, or the name alone.
[[nodiscard]] std::optional<Reference> read_reference(const base::Json& json, const std::string& path,
                                                      Findings& findings);

// A reference may also be the last of a column's steps: {"to_local": ["trim", {"reference": {"mapping": "accounts"}}]}.
// nullptr: it is not.
[[nodiscard]] const base::Json* last_reference(const base::Json& steps);
[[nodiscard]] base::Json without_last(const base::Json& steps);

// The mappings that a stored definition refers to, each once.
[[nodiscard]] std::vector<std::string> references_of(const base::Json& definition);

// Which go first: a node's rank is above those of all it refers to; nodes that refer to each other, directly or through
// others, share one.
using Graph = std::vector<std::vector<std::size_t>>;  // per node: what it refers to
[[nodiscard]] std::vector<int> ranks(const Graph& graph);

}  // namespace tandem::core
