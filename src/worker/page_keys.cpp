#include "worker/page_keys.hpp"

#include <unordered_set>

#include "base/strings.hpp"
#include "core/local_key.hpp"
#include "store/verify.hpp"
#include "worker/pull_deletes.hpp"

namespace tandem::worker {

namespace {

std::int64_t hash_of(const core::LocalKey& keys, std::span<const base::Cell> cells) {
  return static_cast<std::int64_t>(base::hash64(keys.fingerprint(cells), 0));
}

}  // namespace

std::vector<std::int64_t> keys_shown(PullPlan& plan, LoadedPage& loaded, const std::vector<Unremembered>& records) {
  std::vector<std::int64_t> hashes;
  if (!plan.deletes || !plan.deletes->sweeps || !plan.local_key) return hashes;
  const core::LocalKey& keys = *plan.local_key;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < keys.columns(); ++i) positions.push_back(keys.position(i));
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
