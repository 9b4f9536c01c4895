// What a pull of a two-way mapping knows beside what any pull does: how local changes of
// its table are unfolded, and which policy decides each of its columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "store/pushed_mappings.hpp"

namespace tandem::worker {

// The mappings that push a table: its captured entries become items of all of them.
struct PushedTable {
  pg::Table table;
  std::int64_t mapping_id = 0;  // on whose behalf it is done
  std::vector<store::PushedMapping> mappings = {};
  std::string version = {};
};

struct TwoWayPlan {
  PushedTable pushed;
  std::vector<std::string> row_key;
  std::vector<std::optional<core::ConflictPolicy>> policies;  // beside WritePlan::columns; nullopt: the mapping's
  std::vector<int> attnums;                                   // likewise
  std::optional<std::size_t> changed_field = {};              // of the reader: when the record changed
  bool altered = false;  // triggers of the table may make other values of what is written
};

}  // namespace tandem::worker
