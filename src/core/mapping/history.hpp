// Option record_log: which records leave a trace when a run has done something with them,
// and for how long: "changes", or {"level": "all", "days": 7}.
#pragma once

#include <cstdint>

#include "base/json.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

struct History {
  enum class Level { none, changes, all };
  Level level = Level::none;
  std::int64_t days = 30;  // 0: for ever
  bool given = false;      // the option is there, be it to keep old entries from staying
};

// A part of parse_mapping: options.record_log.
[[nodiscard]] History read_history(ObjectReader& options, Findings& findings);
// Of a definition that was checked when it was stored.
[[nodiscard]] History history_of(const base::Json& definition);

}  // namespace tandem::core
