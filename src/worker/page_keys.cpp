#include "worker/page_keys.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/rows/local_key.hpp"
#include "store/verify.hpp"
#include "worker/pull_deletes.hpp"

namespace tandem::worker {

namespace {

std::int64_t hash_of(const core::LocalKey& keys, std::span<const base::Cell> cells) {
  return static_cast<std::int64_t>(base::hash64(keys.fingerprint(cells), 0));
}

std::vector<std::size_t> positions_of(const core::LocalKey& keys) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < keys.columns(); ++i) positions.push_back(keys.position(i));
  return positions;
}

core::RowFault same_row(const PullPlan& plan, const core::Identity& second, std::string_view first,
                        std::span<const base::Cell> row) {
  return {.record = second.record,
          .error_type = core::error_type::kValidation,
          .code = core::code::kSameRow,
          .field = {},
          .column = plan.mapping.columns[plan.local_key->position(0)].column,
          .message = base::strcat("record ", second.origin_id, " would have the row of record ", first,
                                  ", which is of the same page: ", plan.local_key->stored(row)),
          .suggestion = "Find rows by columns that tell the two apart, or correct one of them at the source.",
          .sqlstate = {}};
}

}  // namespace

void refuse_second_of_a_row(const PullPlan& plan, LoadedPage& loaded, const std::vector<core::Identity>& in_already,
                            core::RowBuilder::Converted& rows) {
  if (rows.rows.empty()) return;
  const core::LocalKey& keys = *plan.local_key;
  const std::vector<std::size_t> positions = positions_of(keys);
  std::unordered_map<std::string, std::string_view> holder;
  std::vector<base::Cell> cells;
  for (const core::Identity& row : in_already) {
    cells.clear();
    if (plan.rows.convert_some(loaded.page, row.record, positions, loaded.arena, cells))
      holder.try_emplace(print_of(keys, cells), row.origin_id);
  }
  const std::size_t width = plan.rows.columns();
  std::vector<bool> twin(rows.rows.size());
  bool some = false;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const auto row = std::span(rows.cells).subspan(i * width, width);
    cells.clear();
    for (const std::size_t position : positions) cells.push_back(row[position]);
    const std::string print = print_of(keys, cells);
    if (print.empty()) continue;
    const auto [held, fresh] = holder.try_emplace(print, rows.rows[i].origin_id);
    if (fresh) continue;
    rows.faults.push_back(same_row(plan, rows.rows[i], held->second, row));
    some = twin[i] = true;
  }
  if (some) leave_out(rows, width, twin);
}

void leave_out(core::RowBuilder::Converted& rows, std::size_t width, const std::vector<bool>& which) {
  core::RowBuilder::Converted left;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    if (which[i]) continue;
    const auto begin = rows.cells.begin() + static_cast<std::ptrdiff_t>(i * width);
    left.cells.insert(left.cells.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
    left.rows.push_back(rows.rows[i]);
  }
  rows.cells = std::move(left.cells);
  rows.rows = std::move(left.rows);
}

std::string print_of(const core::LocalKey& keys, std::span<const base::Cell> cells) {
  const bool null = std::ranges::any_of(cells, [](const base::Cell& cell) {
    return cell.form == base::Cell::Form::null || cell.form == base::Cell::Form::made;
  });
  return null ? std::string() : keys.fingerprint(cells);
}

std::vector<std::int64_t> keys_shown(PullPlan& plan, LoadedPage& loaded, const std::vector<Unremembered>& records) {
  std::vector<std::int64_t> hashes;
  if (!plan.deletes || !plan.deletes->sweeps || !plan.local_key) return hashes;
  const core::LocalKey& keys = *plan.local_key;
  const std::vector<std::size_t> positions = positions_of(keys);
  std::vector<base::Cell> cells;
  for (const Unremembered& it : records) {
    if (!it.fresh && keys.derived()) continue;  // its row is that of its id, which the listing shows
    cells.clear();
    if (!plan.rows.convert_some(loaded.page, it.record, positions, loaded.arena, cells)) {
      if (it.fresh)
        lose_proof(*plan.deletes, base::strcat("which row is that of record ", it.origin_id, " cannot be told"));
      continue;
    }
    if (keys.exact()) continue;  // other ids are other rows
    if (keys.derived()) {        // as the contracts of other ids are looked at
      cells.clear();
      keys.cells(it.origin_id, std::nullopt, loaded.arena, cells);
    }
    hashes.push_back(hash_of(keys, cells));
  }
  return hashes;
}

void spare_shown(pg::Sql& sql, const PullPlan& plan, std::vector<store::Contract>& gone) {
  base::TextArena arena;
  std::vector<std::int64_t> hashes;
  std::vector<base::Cell> cells;
  for (const store::Contract& contract : gone) {
    cells.clear();
    plan.local_key->cells(contract.origin_id, contract.local_key, arena, cells);
    hashes.push_back(hash_of(*plan.local_key, cells));
  }
  const std::vector<std::int64_t> free = store::not_shown(sql, plan.spec, hashes);
  const std::unordered_set<std::int64_t> may_go(free.begin(), free.end());
  std::vector<store::Contract> left;
  for (std::size_t i = 0; i < gone.size(); ++i)
    if (may_go.contains(hashes[i])) left.push_back(std::move(gone[i]));
  gone = std::move(left);
}

}  // namespace tandem::worker
