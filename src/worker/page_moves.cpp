#include "worker/page_moves.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/strings.hpp"
#include "store/contracts.hpp"
#include "store/row_deleter.hpp"
#include "store/row_mover.hpp"
#include "worker/page_keys.hpp"

namespace tandem::worker {

namespace {

// Records whose row, by their contract, has another key than they have now.
struct Candidates {
  std::vector<std::size_t> rows;       // among the converted ones
  std::vector<std::string> old_keys;   // fingerprints
  std::vector<base::Cell> keys;        // old and new of each
  std::unordered_set<std::string> to;  // fingerprints of what all rows of the page have now
};

Candidates candidates_of(pg::Sql& sql, const PullPlan& plan, LoadedPage& loaded,
                         const core::RowBuilder::Converted& rows) {
  Candidates out;
  const core::LocalKey& keys = *plan.local_key;
  std::vector<std::string> ids;
  for (const core::Identity& row : rows.rows) ids.emplace_back(row.origin_id);
  std::unordered_map<std::string, std::string> held;
  for (store::HeldKey& key : store::held_keys(sql, plan.spec.mapping_id, ids))
    held.emplace(std::move(key.origin_id), std::move(key.local_key));
  if (held.empty()) return out;
  const std::size_t width = plan.rows.columns();
  std::vector<base::Cell> now, before;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    now.clear();
    for (std::size_t k = 0; k < keys.columns(); ++k) now.push_back(rows.cells[i * width + keys.position(k)]);
    const std::string print = print_of(keys, now);
    out.to.insert(print);
    const auto found = held.find(ids[i]);
    if (found == held.end() || print.empty()) continue;
    before.clear();
    keys.cells(ids[i], found->second, loaded.arena, before);
    std::string old = print_of(keys, before);
    if (old.empty() || old == print) continue;
    out.rows.push_back(i);
    out.old_keys.push_back(std::move(old));
    out.keys.insert(out.keys.end(), before.begin(), before.end());
    out.keys.insert(out.keys.end(), now.begin(), now.end());
  }
  return out;
}

// Rows that other records have as well are theirs.
void leave_shared(pg::Sql& sql, const PullPlan& plan, const core::RowBuilder::Converted& rows, Candidates& candidates) {
  std::vector<std::string> ids;
  for (const std::size_t row : candidates.rows) ids.emplace_back(rows.rows[row].origin_id);
  const std::vector<std::string> shared = store::sharing_keys(sql, plan.spec.mapping_id, ids);
  if (shared.empty()) return;
  const std::unordered_set<std::string> stay(shared.begin(), shared.end());
  const std::size_t width = 2 * plan.local_key->columns();
  Candidates left;
  left.to = std::move(candidates.to);
  for (std::size_t i = 0; i < candidates.rows.size(); ++i) {
    if (stay.contains(ids[i])) continue;
    left.rows.push_back(candidates.rows[i]);
    left.old_keys.push_back(std::move(candidates.old_keys[i]));
    const auto key = std::span(candidates.keys).subspan(i * width, width);
    left.keys.insert(left.keys.end(), key.begin(), key.end());
  }
  candidates = std::move(left);
}

// Rows whose records have other ones now, which no record of the page has found: they are nobody's.
std::int64_t delete_left(pg::Sql& sql, const PullPlan& plan, const Candidates& candidates,
                         const std::vector<bool>& settled, std::vector<core::RowFault>& faults) {
  if (!plan.deletes || plan.deletes->ambiguous) return 0;
  const std::size_t keys = plan.local_key->columns();
  std::vector<base::Cell> cells;
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < candidates.rows.size(); ++i) {
    if (settled[i] || candidates.to.contains(candidates.old_keys[i])) continue;
    const auto old = std::span(candidates.keys).subspan(i * 2 * keys, keys);
    cells.insert(cells.end(), old.begin(), old.end());
    left.push_back(i);
  }
  store::DeleteResult result = store::delete_rows(sql, plan.deletes->write, cells, left.size());
  for (core::RowFault& fault : result.faults) {
    fault.record = left[fault.record];
    faults.push_back(std::move(fault));
  }
  return result.deleted;
}

}  // namespace

PageMoves move_rows(pg::Sql& sql, const PullPlan& plan, LoadedPage& loaded, core::RowBuilder::Converted& rows) {
  PageMoves out{.moved = std::vector<bool>(loaded.page.records())};
  if (!plan.moves || plan.write_state.first_load || rows.rows.empty()) return out;
  Candidates candidates = candidates_of(sql, plan, loaded, rows);
  if (!candidates.rows.empty()) leave_shared(sql, plan, rows, candidates);
  if (candidates.rows.empty()) return out;
  store::Moved moved = store::move_rows(sql, *plan.moves, candidates.keys, candidates.rows.size());
  std::vector<bool> settled(candidates.rows.size()), refused(rows.rows.size());
  for (const std::size_t i : moved.rows) settled[i] = out.moved[rows.rows[candidates.rows[i]].record] = true;
  for (const core::RowFault& fault : moved.faults) settled[fault.record] = true;
  out.left_empty = delete_left(sql, plan, candidates, settled, moved.faults);
  if (moved.faults.empty()) return out;
  for (core::RowFault& fault : moved.faults) {
    const std::size_t row = candidates.rows[fault.record];
    fault.record = rows.rows[row].record;
    fault.message =
        base::strcat("the columns that its row is found by have changed, but the row cannot follow: ", fault.message);
    rows.faults.push_back(std::move(fault));
    refused[row] = true;
  }
  leave_out(rows, plan.rows.columns(), refused);
  return out;
}

}  // namespace tandem::worker
