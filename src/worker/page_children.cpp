#include "worker/page_children.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "worker/page_apply.hpp"
#include "worker/reference_cells.hpp"

namespace tandem::worker {

// Its cells borrow from its elements, and from what the database has computed.
struct PageChildren::One {
  core::ChildRows::Elements elements;
  std::unique_ptr<store::ComputedValues> computed;
  core::ChildCells cells;
};

PageChildren::PageChildren(pg::Sql& sql, PullPlan& plan) : sql_(sql), plan_(plan) {}
PageChildren::~PageChildren() = default;

void PageChildren::convert(const LoadedPage& loaded, core::RowBuilder::Converted& rows) {
  std::vector<core::RowFault> faults;
  for (PullChild& child : plan_.children) {
    One& one = *tables_.emplace_back(std::make_unique<One>());
    child.rows.gather(loaded.page, rows.rows, one.elements);
    core::RowBuilder::Converted converted = child.rows.convert(one.elements, base::now());
    one.computed = std::make_unique<store::ComputedValues>(sql_, child.compute);
    one.computed->fill_in(converted);
    resolve_elements(sql_, child.references, child.table.columns, one.elements.arena, converted);
    one.cells = child.rows.finish(one.elements, converted);
    for (core::RowFault& fault : one.elements.faults) faults.push_back(std::move(fault));
  }
  if (!faults.empty()) take_out(rows, std::move(faults));
}

std::optional<store::ChildBatch> PageChildren::batch(std::span<const core::Identity> rows) const {
  if (tables_.empty()) return std::nullopt;
  store::ChildBatch out;
  for (std::size_t i = 0; i < tables_.size(); ++i) out.tables.push_back({&plan_.children[i].write, &tables_[i]->cells});
  for (const core::Identity& row : rows) out.records.push_back(row.record);
  return out;
}

// One fault for each record. Where rows tell of their errors, theirs is wanted all the same.
void PageChildren::take_out(core::RowBuilder::Converted& rows, std::vector<core::RowFault> faults) const {
  std::vector<const core::RowFault*> of(1);
  for (const core::RowFault& fault : faults) {
    of.resize(std::max(of.size(), fault.record + 1));
    if (of[fault.record] == nullptr) of[fault.record] = &fault;
  }
  const std::size_t width = plan_.rows.columns(), mapped = plan_.mapping.columns.size();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const auto from = rows.cells.begin() + static_cast<std::ptrdiff_t>(i * width);
    const std::size_t record = rows.rows[i].record;
    if (record < of.size() && of[record] != nullptr) {
      rows.faults.push_back(*of[record]);
      if (!plan_.mapping.last_error.empty())
        rows.failed.insert(rows.failed.end(), from, from + static_cast<std::ptrdiff_t>(mapped));
      continue;
    }
    std::copy_n(from, width, rows.cells.begin() + static_cast<std::ptrdiff_t>(kept * width));
    rows.rows[kept++] = rows.rows[i];
  }
  rows.rows.resize(kept);
  rows.cells.resize(kept * width);
}

}  // namespace tandem::worker
