#include "worker/page_moves.hpp"

#include <unordered_map>

#include "base/strings.hpp"
#include "store/deletes.hpp"
#include "store/faults.hpp"
#include "store/row_deleter.hpp"
#include "worker/page_keys.hpp"

namespace tandem::worker {

namespace {

core::RowFault left_behind(core::RowFault fault, std::string_view origin_id, const std::string& row) {
  std::string_view why = fault.message;
  if (why.starts_with(store::kCannotGo)) why.remove_prefix(store::kCannotGo.size());
  fault.message =
      base::strcat("record ", origin_id, " has another row now, and the one that it had, ", row, ", cannot go: ", why);
  fault.suggestion =
      "Delete the rows that point at it and then the row, for no run looks at it again; then resolve this error.";
  fault.retryable = false;
  return fault;
}

}  // namespace

PageMoves::PageMoves(pg::Sql& sql, const PullPlan& plan, LoadedPage& loaded, const core::RowBuilder::Converted& rows) {
  if (!plan.moves || plan.write_state.first_load || rows.rows.empty()) return;
  moves_.plan = &*plan.moves;
  const core::LocalKey& keys = *plan.local_key;
  std::vector<std::string> ids;
  for (const core::Identity& row : rows.rows) ids.emplace_back(row.origin_id);
  std::unordered_map<std::string, std::string> held;
  for (store::Contract& contract : store::contracts_with_key(sql, plan.spec.mapping_id, ids))
    held.emplace(std::move(contract.origin_id), *std::move(contract.local_key));
  moves_.entry.assign(rows.rows.size(), store::RowMoves::kNone);
  if (held.empty()) return;
  const std::size_t width = plan.rows.columns();
  std::vector<base::Cell> now, before;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    now.clear();
    for (std::size_t k = 0; k < keys.columns(); ++k) now.push_back(rows.cells[i * width + keys.position(k)]);
    const std::string print = print_of(keys, now);
    new_keys_.insert(print);
    const auto found = held.find(ids[i]);
    if (found == held.end() || print.empty()) continue;
    before.clear();
    keys.cells(ids[i], found->second, loaded.arena, before);
    if (std::string old = print_of(keys, before); !old.empty() && old != print)
      add(i, {std::move(old), found->second}, before, now);
  }
  if (!rows_.empty()) leave_shared(sql, plan, rows);
}

void PageMoves::add(std::size_t row, Old old, std::span<const base::Cell> before, std::span<const base::Cell> now) {
  moves_.entry[row] = rows_.size();
  moves_.moved.push_back(false);
  moves_.keys.insert(moves_.keys.end(), before.begin(), before.end());
  moves_.keys.insert(moves_.keys.end(), now.begin(), now.end());
  rows_.push_back(row);
  old_.push_back(std::move(old));
}

// Rows that other records have as well are theirs.
void PageMoves::leave_shared(pg::Sql& sql, const PullPlan& plan, const core::RowBuilder::Converted& rows) {
  std::vector<std::string> ids;
  for (const std::size_t row : rows_) ids.emplace_back(rows.rows[row].origin_id);
  const std::vector<std::string> shared = store::sharing_a_row(sql, plan.spec.mapping_id, ids);
  const std::unordered_set<std::string> stay(shared.begin(), shared.end());
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (!stay.contains(ids[i])) continue;
    moves_.entry[rows_[i]] = store::RowMoves::kNone;
    moves_.moved[i] = true;  // there is nothing to be done about it
  }
}

bool PageMoves::moved(std::size_t row) const {
  return row < moves_.entry.size() && moves_.entry[row] != store::RowMoves::kNone && moves_.moved[moves_.entry[row]];
}

PageMoves::Left PageMoves::delete_left(pg::Sql& sql, const PullPlan& plan, const store::WriteResult& written,
                                       const core::RowBuilder::Converted& rows) {
  if (rows_.empty() || !plan.deletes || plan.deletes->ambiguous) return {};
  std::vector<bool> settled = moves_.moved;
  const auto settle = [&](std::size_t row) {
    if (moves_.entry[row] != store::RowMoves::kNone) settled[moves_.entry[row]] = true;
  };
  for (const core::RowFault& fault : written.faults) settle(fault.record);
  for (const std::size_t row : written.swallowed) settle(row);
  const std::size_t keys = plan.local_key->columns();
  std::vector<base::Cell> cells;
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (settled[i] || new_keys_.contains(old_[i].print)) continue;
    const auto old = std::span(moves_.keys).subspan(i * 2 * keys, keys);
    cells.insert(cells.end(), old.begin(), old.end());
    left.push_back(i);
  }
  store::DeleteResult result = store::delete_rows(sql, plan.deletes->write, cells, left.size());
  std::vector<store::RecordFault> faults;
  for (core::RowFault& fault : result.faults) {
    const std::size_t entry = left[fault.record];
    // Of no record: this one went in, and its errors are resolved by that.
    faults.push_back(
        {left_behind(std::move(fault), rows.rows[rows_[entry]].origin_id, old_[entry].stored), {}, old_[entry].stored});
  }
  store::record_faults(sql, plan.spec, faults);
  return {result.deleted, faults.size(), result.kept.size()};
}

}  // namespace tandem::worker
