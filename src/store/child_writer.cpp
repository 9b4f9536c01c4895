#include "store/child_writer.hpp"

#include <algorithm>
#include <optional>

#include "base/strings.hpp"
#include "pg/computed_rows.hpp"
#include "pg/staging.hpp"
#include "store/child_explain.hpp"

namespace tandem::store {

using base::Cell;

namespace {

Cell number(std::size_t value) {
  Cell cell;
  cell.form = Cell::Form::integer;
  cell.integer = static_cast<std::int64_t>(value);
  return cell;
}

void append_number(const pg::Rows& rows, std::size_t row, std::vector<std::size_t>& out) {
  out.push_back(static_cast<std::size_t>(rows.integer(row, 0)));
}

void sort_out(std::vector<std::size_t>& rows) {
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

// One child table under a page whose parents are in.
class OneTable {
 public:
  OneTable(pg::Sql& sql, const ChildBatch& batch, const ChildBatch::One& one)
      : sql_(sql), batch_(batch), plan_(*one.plan), cells_(*one.cells) {}

  void write(std::span<const std::size_t> rows, ChildrenWritten& out);
  std::vector<std::size_t> differing(std::span<const std::size_t> rows);
  std::vector<ExplainedStatement> explained(std::span<const std::size_t> rows);

 private:
  // A row of the child table: its parent, by place among those found, and its place among the cells.
  struct Row {
    std::size_t parent, place;
  };
  void find_parents(std::span<const std::size_t> rows);
  void stage_parents(pg::StagedPage& page) const;
  void stage_rows(pg::StagedPage& page, std::span<const std::size_t> which) const;
  std::vector<std::size_t> all() const;
  std::vector<std::size_t> left_over();
  std::vector<std::size_t> settle(ChildrenWritten& out);
  std::vector<std::size_t> settle_keyed(ChildrenWritten& out);
  std::vector<std::size_t> settle_by_content(ChildrenWritten& out);

  pg::Sql& sql_;
  const ChildBatch& batch_;
  const ChildPlan& plan_;
  const core::ChildCells& cells_;
  std::optional<pg::ComputedRows> keys_;
  std::vector<std::size_t> parents_;  // rows of keys_ whose records have the array
  std::vector<Row> rows_;
  bool kept_ = false;  // rows that were to go are still there
};

void OneTable::write(std::span<const std::size_t> rows, ChildrenWritten& out) {
  find_parents(rows);
  if (parents_.empty()) return;
  pg::StagedPage parents(sql_, kParentsPage, plan_.parents);
  stage_parents(parents);
  const bool any = plan_.run(sql_, plan_.any).boolean(0, 0);
  const std::vector<std::size_t> missing = any ? settle(out) : all();
  if (missing.empty() && !kept_) return;
  for (const std::size_t row : missing) out.changed.push_back(keys_->number(rows_[row].parent));
  {
    pg::StagedPage page(sql_, kChildrenPage, plan_.rows);
    stage_rows(page, missing);
    if (!missing.empty() && sql_.run(plan_.insert).processed() == missing.size() && !kept_) return;
  }
  for (const std::size_t row : left_over()) out.kept_out.push_back(row);
}

std::vector<std::size_t> OneTable::differing(std::span<const std::size_t> rows) {
  find_parents(rows);
  if (parents_.empty()) return {};
  pg::StagedPage parents(sql_, kParentsPage, plan_.parents);
  stage_parents(parents);
  return left_over();
}

// EXPLAIN does not give what the statements return: what is left for the last one is asked for once more.
std::vector<ExplainedStatement> OneTable::explained(std::span<const std::size_t> rows) {
  constexpr std::string_view kMeasure = "EXPLAIN (ANALYZE, BUFFERS) ";
  find_parents(rows);
  if (parents_.empty()) return {};
  pg::StagedPage parents(sql_, kParentsPage, plan_.parents);
  stage_parents(parents);
  std::vector<ExplainedStatement> out;
  std::vector<std::size_t> missing;
  {
    pg::StagedPage page(sql_, kChildrenPage, plan_.rows);
    stage_rows(page, all());
    out = explain_settling(sql_, plan_, kMeasure);
    ChildrenWritten nothing;
    missing = plan_.replace.empty() ? settle_keyed(nothing) : settle_by_content(nothing);
  }
  pg::StagedPage page(sql_, kChildrenPage, plan_.rows);
  stage_rows(page, missing);
  out.push_back(explain_insert(sql_, plan_, kMeasure));
  return out;
}

std::vector<std::size_t> OneTable::left_over() {
  pg::StagedPage page(sql_, kChildrenPage, plan_.rows);
  stage_rows(page, all());
  const pg::Rows left = plan_.run(sql_, plan_.left_over);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < left.size(); ++i) append_number(left, i, out);
  return out;
}

// The keys of those that are in the table and whose records have the array, and their rows.
void OneTable::find_parents(std::span<const std::size_t> rows) {
  std::vector<bool> wanted;
  for (const std::size_t row : rows) {
    wanted.resize(std::max(wanted.size(), row + 1));
    wanted[row] = cells_.given[batch_.records[row]];
  }
  if (std::ranges::find(wanted, true) == wanted.end()) return;
  keys_.emplace(sql_, plan_.find_parents, std::span(plan_.parents).first(plan_.keys), true);
  for (std::size_t i = 0; i < keys_->rows(); ++i) {
    const std::size_t row = keys_->number(i);
    if (row >= wanted.size() || !wanted[row]) continue;
    parents_.push_back(i);
    const std::size_t record = batch_.records[row];
    for (std::size_t place = cells_.first[record]; place < cells_.first[record + 1]; ++place)
      rows_.push_back({i, place});
  }
}

void OneTable::stage_parents(pg::StagedPage& page) const {
  std::vector<Cell> cells;
  cells.reserve(parents_.size() * plan_.parents.size());
  for (const std::size_t parent : parents_) {
    for (std::size_t k = 0; k < plan_.keys; ++k) cells.push_back(keys_->cell(parent, k));
    cells.push_back(number(keys_->number(parent)));
  }
  page.append(cells);
  page.ready();
}

// In blocks, so that the copy stays small.
void OneTable::stage_rows(pg::StagedPage& page, std::span<const std::size_t> which) const {
  constexpr std::size_t kBlock = 512;
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < which.size(); ++i) {
    const Row& row = rows_[which[i]];
    for (std::size_t k = 0; k < plan_.keys; ++k) cells.push_back(keys_->cell(row.parent, k));
    const auto from = cells_.cells.begin() + static_cast<std::ptrdiff_t>(row.place * cells_.width);
    cells.insert(cells.end(), from, from + static_cast<std::ptrdiff_t>(cells_.width));
    cells.push_back(number(keys_->number(row.parent)));
    cells.push_back(number(which[i]));
    if (cells.size() >= kBlock * plan_.rows.size() || i + 1 == which.size()) {
      page.append(cells);
      cells.clear();
    }
  }
  page.ready();
}

std::vector<std::size_t> OneTable::all() const {
  std::vector<std::size_t> out(rows_.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
  return out;
}

// What is not as it should be goes, or is changed; gives the rows that are to come.
std::vector<std::size_t> OneTable::settle(ChildrenWritten& out) {
  pg::StagedPage page(sql_, kChildrenPage, plan_.rows);
  stage_rows(page, all());
  std::vector<std::size_t> missing = plan_.replace.empty() ? settle_keyed(out) : settle_by_content(out);
  std::ranges::sort(missing);
  return missing;
}

std::vector<std::size_t> OneTable::settle_keyed(ChildrenWritten& out) {
  for (const std::string* statement : {&plan_.remove, &plan_.change}) {
    if (statement->empty()) continue;
    const pg::Rows touched = plan_.run(sql_, *statement);
    for (std::size_t i = 0; i < touched.size(); ++i) append_number(touched, i, out.changed);
  }
  const pg::Rows missing = plan_.run(sql_, plan_.missing);
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < missing.size(); ++i) rows.push_back(static_cast<std::size_t>(missing.integer(i, 1)));
  return rows;
}

std::vector<std::size_t> OneTable::settle_by_content(ChildrenWritten& out) {
  const pg::Rows alone = plan_.run(sql_, plan_.replace);
  std::vector<std::size_t> rows;
  std::size_t to_go = 0, gone = 0;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    if (const auto row = alone.integer_or_null(i, 1)) {
      rows.push_back(static_cast<std::size_t>(*row));
    } else if (alone.boolean(i, 2)) {
      ++gone;
      append_number(alone, i, out.changed);
    } else {
      ++to_go;
    }
  }
  kept_ = gone < to_go;
  return rows;
}

}  // namespace

ChildrenWritten write_children(pg::Sql& sql, const ChildBatch& batch, std::span<const std::size_t> rows,
                               std::string& at) {
  ChildrenWritten out;
  for (const ChildBatch::One& one : batch.tables) {
    at = one.plan->name;
    OneTable(sql, batch, one).write(rows, out);
  }
  at.clear();
  sort_out(out.changed);
  sort_out(out.kept_out);
  return out;
}

std::vector<std::size_t> differing_children(pg::Sql& sql, const ChildBatch& batch, std::size_t table,
                                            std::span<const std::size_t> rows) {
  return OneTable(sql, batch, batch.tables[table]).differing(rows);
}

std::vector<ExplainedStatement> write_explained(pg::Sql& sql, const ChildBatch& batch, std::size_t table,
                                                std::span<const std::size_t> rows) {
  return OneTable(sql, batch, batch.tables[table]).explained(rows);
}

}  // namespace tandem::store
