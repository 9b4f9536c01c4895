#include "store/contracts.hpp"

#include <algorithm>
#include <array>

#include "pg/staging.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view kSeen = "tandem_seen";
constexpr pg::Oid kInt4 = 23, kInt8 = 20, kText = 25, kDefaultCollation = 100;  // fixed in every Postgres

void stage(pg::StagedPage& page, std::span<const core::Identity> rows) {
  constexpr std::size_t kBlock = 1024;
  std::vector<base::Cell> block;
  block.reserve(std::min(kBlock, rows.size()) * 3);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    base::Cell number, id, hash;
    number.form = hash.form = base::Cell::Form::integer;
    number.integer = static_cast<std::int64_t>(i);
    hash.integer = static_cast<std::int64_t>(rows[i].hash);
    id.form = base::Cell::Form::text;
    id.text = rows[i].origin_id;
    block.insert(block.end(), {number, id, hash});
    if (block.size() == kBlock * 3 || i + 1 == rows.size()) {
      page.append(block);
      block.clear();
    }
  }
  page.ready();
}

const std::array<pg::StagedColumn, 3>& seen_columns(std::array<pg::StagedColumn, 3>& columns) {
  columns[0] = {"n", kInt4, -1, pg::kInvalidOid};
  columns[1] = {"origin_id", kText, -1, kDefaultCollation};
  columns[2] = {"hash", kInt8, -1, pg::kInvalidOid};
  return columns;
}

}  // namespace

std::vector<core::Identity> changed_since_last_seen(pg::Sql& sql, std::int64_t mapping,
                                                    std::span<const core::Identity> rows) {
  std::vector<core::Identity> changed;
  if (rows.empty()) return changed;
  std::array<pg::StagedColumn, 3> columns;
  pg::StagedPage page(sql, kSeen, seen_columns(columns));
  stage(page, rows);
  const pg::Param parameters[] = {mapping};
  const pg::Rows found = sql.engine_by_index(
      "SELECT s.n FROM tandem_seen s WHERE NOT EXISTS (SELECT FROM tandem._contract c"
      " WHERE c.mapping_id = $1 AND c.origin_id = s.origin_id AND c.hash = s.hash)",
      parameters);
  changed.reserve(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) changed.push_back(rows[static_cast<std::size_t>(found.integer(i, 0))]);
  return changed;
}

void remember(pg::Sql& sql, std::int64_t mapping, std::span<const core::Identity> rows) {
  if (rows.empty()) return;
  std::array<pg::StagedColumn, 3> columns;
  pg::StagedPage page(sql, kSeen, seen_columns(columns));
  stage(page, rows);
  const pg::Param parameters[] = {mapping};
  sql.engine_by_index(
      "INSERT INTO tandem._contract AS c (mapping_id, origin_id, hash, last_action)"
      " SELECT $1, s.origin_id, s.hash, 'c' FROM tandem_seen s"
      " ON CONFLICT (mapping_id, origin_id) DO UPDATE SET hash = excluded.hash, last_action = 'u', changed_at = now()",
      parameters);
}

void forget_all(pg::Sql& sql, std::int64_t mapping) {
  sql.engine("DELETE FROM tandem._contract WHERE mapping_id = $1", {mapping});
}

}  // namespace tandem::store
