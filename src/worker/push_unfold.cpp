#include "worker/push_unfold.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "pg/log.hpp"
#include "store/outbox_entries.hpp"
#include "store/outbox_items.hpp"
#include "store/scan_rows.hpp"
#include "store/push_runs.hpp"
#include "worker/wake.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr std::int64_t kEntriesAtOnce = 20;  // of up to 1,000 rows each

void refresh(pg::Sql& sql, PushedTable& pushed) {
  std::string version = store::pushed_mappings_version(sql, pushed.table.oid);
  if (version == pushed.version) return;
  pushed.mappings = store::pushed_mappings(sql, pushed.table);
  pushed.version = std::move(version);
}

void put(pg::Sql& sql, const pg::Table& table, const store::PushedMapping& mapping,
         const std::vector<core::CapturedEntry>& entries) {
  const base::Result<core::Unfolded> unfolded = core::unfold(entries, mapping.key);
  if (!unfolded) {  // the table has another key by now than when this was captured
    pg::log(pg::Level::warning, strcat("tandem: changes of ", table.quoted, " cannot be told row by row: ",
                                       unfolded.error().text, "; all its rows are looked at"));
    store::request_full_push(sql, mapping.mapping_id);
    return;
  }
  if (unfolded->truncated)
    store::put_truncated(sql, mapping.tenant_id, mapping.mapping_id, *unfolded->truncated, mapping.match_columns);
  store::put_items(sql, mapping.tenant_id, mapping.mapping_id, unfolded->rows, mapping.settle);
}

}  // namespace

bool unfold_captured(pg::Sql& sql, PushedTable& pushed) {
  const std::vector<core::CapturedEntry> entries = store::take_entries(sql, pushed.table.oid, kEntriesAtOnce);
  if (entries.empty()) return false;
  refresh(sql, pushed);
  std::vector<pg::Oid> others;
  for (const store::PushedMapping& mapping : pushed.mappings) {
    put(sql, pushed.table, mapping, entries);
    if (mapping.mapping_id != pushed.mapping_id) others.push_back(mapping.owner);
  }
  if (!others.empty()) wake_pushers_at_commit(others);
  return static_cast<std::int64_t>(entries.size()) == kEntriesAtOnce;
}

std::optional<base::Json> scan_rows(pg::Sql& sql, const PushPlan& plan, const base::Json& position) {
  store::ScannedRows scanned = store::scan_rows(sql, plan.table, plan.own_key, position);
  store::put_items(sql, plan.spec.tenant_id, plan.spec.mapping_id, scanned.rows, 0);
  return std::move(scanned.next);
}

}  // namespace tandem::worker
