// Table _conflict: rows that both sides of a two-way mapping changed and that policy leaves
// to a person. While one is open nothing of its row goes either way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct FoundConflict {
  std::string origin_id, key;       // key: {"id": "5"}
  std::string base, local, remote;  // JSON objects of the columns' texts; base may be empty
  std::vector<std::string> columns;
};
// One that is open already is told as it is now.
void record_conflicts(pg::Sql& sql, const RunSpec& spec, const std::vector<FoundConflict>& conflicts);
// Of rows that are in conflict no more.
void close_conflicts(pg::Sql& sql, std::int64_t mapping_id, const std::vector<std::string>& keys);

struct OpenConflict {
  std::int64_t mapping_id = 0;
  std::string origin_id, key, local, remote;  // JSON
  std::vector<std::string> columns;
};
// Locked; nullopt: there is none in the tenant that is open.
[[nodiscard]] std::optional<OpenConflict> open_conflict(pg::Sql& sql, std::int64_t tenant_id, std::int64_t conflict);
// Both sides agree on the remote values from now on, so that what differs here is a local change.
void decide_conflict(pg::Sql& sql, std::int64_t conflict, std::string_view choice);
// The columns of `values` (texts) into the row with that key, as the current user. False: it is gone.
bool write_decided(pg::Sql& sql, const pg::Table& table, const std::string& key, const std::string& values);

}  // namespace tandem::store
