// Table _conflict: rows that both sides of a two-way mapping changed and that policy leaves
// to a person. While one is open nothing of its row goes either way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct FoundConflict {
  std::string origin_id, key;  // key: {"id": "5"}
  // JSON objects of the columns' texts. Empty: base: they never agreed; local, remote: deleted on that side.
  std::string base, local, remote;
  std::vector<std::string> columns;
};
// One that is open already is told as it is now.
void record_conflicts(pg::Sql& sql, const RunSpec& spec, const std::vector<FoundConflict>& conflicts);
// Of rows that are in conflict no more.
void close_conflicts(pg::Sql& sql, std::int64_t mapping_id, const std::vector<std::string>& keys);

struct OpenConflict {
  std::int64_t mapping_id = 0;
  std::string origin_id, key, local, remote;  // JSON; local or remote empty: deleted on that side
  std::vector<std::string> columns;
};
// Locked; nullopt: there is none in the tenant that is open.
[[nodiscard]] std::optional<OpenConflict> open_conflict(pg::Sql& sql, std::int64_t tenant_id, std::int64_t conflict);
// Both sides agree on the remote values from now on, or on that there are none, so that what differs here is a local
// change. `sent`: the change that waits in the outbox goes out, else it is dropped.
void decide_conflict(pg::Sql& sql, std::int64_t conflict, std::string_view choice, bool sent);

}  // namespace tandem::store
