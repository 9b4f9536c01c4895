#include "worker/twoway_deletes.hpp"

#include <optional>

#include "core/push/merge.hpp"
#include "store/conflicts.hpp"
#include "store/push_contracts.hpp"
#include "worker/twoway_rows.hpp"

namespace tandem::worker {

namespace {

struct Gone {
  store::Contract contract;
  store::RowImages row;
  std::string base;  // empty: none is known
};

std::vector<Gone> look_up(pg::Sql& sql, const PullPlan& plan, std::vector<store::Contract> gone) {
  base::TextArena arena;
  std::vector<base::Cell> keys;
  std::vector<store::ContractRef> refs;
  for (const store::Contract& contract : gone) {
    plan.local_key->cells(contract.origin_id, contract.local_key, arena, keys);
    refs.push_back({.origin_id = contract.origin_id});
  }
  std::vector<store::RowImages> rows =
      store::read_rows(sql, plan.deletes->write, plan.write, plan.two_way->row_key, keys, gone.size());
  const auto known = store::find_push_contracts(sql, plan.spec.mapping_id, refs);
  std::vector<Gone> out;
  for (std::size_t i = 0; i < gone.size(); ++i)
    out.push_back({std::move(gone[i]), std::move(rows[i]), known[i] ? known[i]->base.value_or("") : std::string()});
  return out;
}

// Takes out those of `gone` that are not simply deleted.
std::vector<store::Contract> rows_that_may_go(pg::Sql& sql, PullPlan& plan, std::vector<store::Contract> all) {
  std::vector<Gone> gone = look_up(sql, plan, std::move(all));
  std::vector<store::RowImages> rows;
  for (const Gone& one : gone) rows.push_back(one.row);
  const WaitingItems waiting = unsent_changes(sql, plan, rows);
  std::vector<store::Contract> may_go;
  std::vector<std::string> made_anew;
  std::vector<store::FoundConflict> found;
  for (Gone& one : gone) {
    const auto change = waiting.find(one.row.key);
    const std::string local = one.row.local ? image_of(plan, *one.row.local) : std::string();
    if (!one.row.local || change == waiting.end() || local == one.base) {
      may_go.push_back(std::move(one.contract));
      continue;
    }
    switch (core::merge_delete({.edited_at = change->second.changed_at}, plan.mapping.push.conflict_delete)) {
      case core::DeleteVerdict::remove:
        may_go.push_back(std::move(one.contract));
        break;
      case core::DeleteVerdict::restore:
        made_anew.push_back(std::move(one.contract.origin_id));
        break;
      case core::DeleteVerdict::conflict:
        found.push_back({.origin_id = std::move(one.contract.origin_id),
                         .key = one.row.key,
                         .base = one.base,
                         .local = local,
                         .remote = {},
                         .columns = {}});
    }
  }
  store::mark_deleted(sql, plan.spec.mapping_id, made_anew);
  store::record_conflicts(sql, plan.spec, found);
  return may_go;
}

}  // namespace

Deleted delete_gone(pg::Sql& sql, PullPlan& plan, std::vector<store::Contract> gone) {
  if (plan.two_way) gone = rows_that_may_go(sql, plan, std::move(gone));
  return delete_contracts(sql, plan.spec, plan.deletes->write, *plan.local_key, gone);
}

}  // namespace tandem::worker
