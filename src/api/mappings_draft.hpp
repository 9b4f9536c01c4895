// A mapping that somebody wants: arguments of create_mapping (or a patched definition) as
// one JSON object, looked up, parsed and checked against everything it names. Behind
// create_mapping, alter_mapping, check_mapping and validate_mapping, so that they agree.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "api/json_args.hpp"
#include "base/json.hpp"
#include "core/mapping/mapping.hpp"
#include "store/mappings.hpp"

namespace tandem::api {

// In the order of create_mapping's arguments.
inline constexpr auto kMappingArguments =
    std::to_array<std::string_view>({"name", "connection", "object", "target", "columns", "key", "match_on",
                                     "direction", "sync_mode", "cursor_field", "write_mode", "schedule", "conditions",
                                     "conflict_resolution", "delete_mode", "options", "enabled", "label", "metadata"});
// Those that say what is written: a change of them is checked against the table.
inline constexpr auto kDefinitionArguments = std::to_array<std::string_view>(
    {"connection", "object", "target", "columns", "key", "match_on", "direction", "sync_mode", "cursor_field",
     "write_mode", "conditions", "conflict_resolution", "delete_mode", "options"});

struct Draft {
  store::MappingRow row;  // all but ids and state; owner, target and definition with defaults filled in
  core::Mapping mapping;
  core::Findings findings;  // with an error among them nothing else counts
};

// `target`: the table when it is known already (a regclass argument), else given["target"] is looked up.
// Throws Failure for what cannot be looked up or used (connection, table, owner, privileges).
[[nodiscard]] Draft make_draft(Caller& caller, const base::Json& given, pg::Oid owner, std::optional<pg::Oid> target);

// Adds what is wrong with row.schedule to the findings.
void check_schedule(Draft& draft);

// The same as findings only. An unusable thing is one of them.
[[nodiscard]] core::Findings check_draft(Caller& caller, const base::Json& given, pg::Oid owner,
                                         std::optional<pg::Oid> target);

// The arguments that would make this mapping.
[[nodiscard]] base::Json arguments_of(const store::MappingRow& row);

// When an enabled mapping is due next; warns when its schedule never comes.
[[nodiscard]] std::optional<base::Instant> next_due(const store::MappingRow& row);

}  // namespace tandem::api
