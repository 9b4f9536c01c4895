#include "worker/push_rows.hpp"

#include <algorithm>

#include "worker/push_values.hpp"

namespace tandem::worker {

namespace {

// What is not named is not sent: null would clear it at the other side.
void leave_out_unnamed(const PushPlan& plan, const store::OutboxItem& item, std::vector<core::OutValue>& values) {
  std::erase_if(values, [&](const core::OutValue& value) {
    if (value.kind != core::OutValue::Kind::null || value.field >= plan.field_of.size()) return false;
    const std::vector<int>& made_of = plan.field_of[value.field];
    return !made_of.empty() && std::ranges::none_of(item.named, [&](const std::string& name) {
      const pg::TableColumn* column = plan.table.column(name);
      return column != nullptr && std::ranges::find(made_of, column->attnum) != made_of.end();
    });
  });
}

}  // namespace

std::vector<store::OutgoingRow> rows_of_items(pg::Sql& sql, PushPlan& plan,
                                              const std::vector<store::OutboxItem>& items) {
  std::vector<std::string> keys, records;
  std::vector<std::size_t> of_keys, of_records;
  for (std::size_t i = 0; i < items.size(); ++i) {
    (items[i].record ? of_records : of_keys).push_back(i);
    (items[i].record ? records : keys).push_back(items[i].record ? *items[i].record : items[i].key);
  }
  std::vector<store::OutgoingRow> read = plan.rows.read(sql, keys);
  if (records.empty()) return read;
  std::vector<store::OutgoingRow> rows(items.size());
  for (std::size_t i = 0; i < of_keys.size(); ++i) rows[of_keys[i]] = std::move(read[i]);
  std::vector<store::OutgoingRow> given = plan.rows.read_given(sql, records);
  for (std::size_t i = 0; i < of_records.size(); ++i) {
    leave_out_unnamed(plan, items[of_records[i]], given[i].values);
    rows[of_records[i]] = std::move(given[i]);
  }
  return rows;
}

store::ContractRef ref_of_item(const PushPlan& plan, const store::OutboxItem& item, const store::OutgoingRow& row) {
  if (row.there && !item.record) return contract_ref(plan, row.more);
  return contract_ref_of_gone(plan, item.key, item.was);
}

}  // namespace tandem::worker
