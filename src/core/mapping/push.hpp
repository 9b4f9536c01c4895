// What a mapping that sends local changes says beside its columns: which rows, when, how
// many at once, what a delete does at the other side, and what becomes of changes on both
// sides. Parts of parse_mapping and validate_mapping; the push itself stands in core/push.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

// "direction" and what goes with it alone: write_mode, conflict_resolution, sync_mode of a push.
void read_direction(ObjectReader& in, Mapping& mapping);
// Gives each column to the lists of the ways that it goes.
void sort_columns(std::vector<ColumnMapping> columns, Mapping& mapping, Findings& findings);
// Options that this direction does not have are refused; those of pushes are read.
void read_push_options(ObjectReader& options, Mapping& mapping, Findings& findings);
// The conditions of a push, given as such at `path`.
void read_push_conditions(const base::Json& rule, const std::string& path, Mapping& mapping, Findings& findings);

// The columns that tell the rows of the table apart: its primary key, else the unique index over match_on where these
// are NOT NULL, of a foreign table match_on itself. Empty: there are none.
[[nodiscard]] std::vector<std::string> row_key(const Mapping& mapping, const Target& target);
// Those of push_columns' fields, each once, in their order: what OutValue::field counts.
[[nodiscard]] std::vector<std::string> push_fields(const Mapping& mapping);

// Part of validate_mapping, of a mapping that pushes.
void check_push(const Mapping& mapping, const Target& target, const std::vector<RemoteField>& discovered,
                Findings& findings);

// And against what the object can take.
void check_writes(const Mapping& mapping, const Object& object, Findings& findings);

[[nodiscard]] std::string_view direction_name(Direction direction);

}  // namespace tandem::core
