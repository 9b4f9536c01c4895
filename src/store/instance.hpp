// tandem._instance: which cluster and database this installation belongs to, and
// whether everything in it is paused. The rules stand in src/worker/clone_guard.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

struct Identity {
  std::string system_identifier;
  pg::Oid database = pg::kInvalidOid;
  std::string name;  // tandem.instance
};
struct Instance {
  Identity identity;
  std::optional<std::string> paused_reason;
  base::Instant adopted_at;
};

// One row as a rule. A restored dump brings its own beside the one that CREATE EXTENSION made: both then count.
[[nodiscard]] std::vector<Instance> read_instances(pg::Sql& sql);
void pause(pg::Sql& sql, std::string_view reason);  // overwrites another reason
// pause_all() and resume_all(): never touch the pause of a clone. False when there was nothing to change.
bool pause_by_person(pg::Sql& sql, std::string_view role);
bool resume_by_person(pg::Sql& sql);
void adopt(pg::Sql& sql, const Identity& identity);  // afterwards this is the only row

}  // namespace tandem::store
