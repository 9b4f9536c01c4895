// Table _conflict: rows that both sides of a two-way mapping changed and that policy leaves
// to a person. While one is open nothing of its row goes either way.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

}  // namespace tandem::store
