// What follows a run: other mappings' runs and the owner's SQL functions, and mappings
// that waited for this one. All of it is part of the transaction that closes the run, so
// that nothing is forgotten and nothing happens twice.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct Followed {
  std::vector<std::string> impossible;  // follow-ups that cannot be started: gone, disabled, somebody else's
  bool started = false;                 // there is work for the scheduler
};
// So far, by the run's own count.
[[nodiscard]] bool has_written(pg::Sql& sql, const RunSpec& spec);
// Runs of the mappings that follow one that got to its end, and of those that waited for it, if any run `after`
// others at all. In the transaction that closes it.
[[nodiscard]] Followed start_following(pg::Sql& sql, const RunSpec& spec, const std::vector<core::FollowUp>& follow_ups,
                                       bool after);

// "app.refresh" as schema.name(bigint) or schema.name(), as the caller's search_path sees it; nullopt: there is none
// that takes a run's number or nothing.
[[nodiscard]] std::optional<std::string> find_follow_up_function(pg::Sql& sql, std::string_view name);
// Calls it with the run's number, as the current user. Throws pg::Error.
void call_follow_up(pg::Sql& sql, const std::string& function, std::int64_t run);

// Those of `names` that are no mapping of the tenant.
[[nodiscard]] std::vector<std::string> missing_mappings(pg::Sql& sql, std::int64_t tenant_id,
                                                        const std::vector<std::string>& names);

}  // namespace tandem::store
