#include "store/row_writer.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "core/rows/row_order.hpp"
#include "pg/transaction.hpp"
#include "store/database_fault.hpp"

namespace tandem::store {

namespace {

constexpr int kCleanPages = 20;       // after so many the constraints are not asked any more
constexpr std::size_t kChunk = 64;    // what is tried together where much of a page is bad
constexpr std::size_t kMuchOfIt = 3;  // bad rows found by trial

// A value that its column's type does not take names no column by itself.
core::RowFault fault_of(const WritePlan& plan, const pg::Error& error, std::size_t row) {
  core::RowFault fault = row_fault(error, row);
  if (const auto* value = dynamic_cast<const pg::ValueError*>(&error); value && value->place() < plan.columns.size())
    fault.column = plan.columns[value->place()];
  return fault;
}

// Refused for the sake of another row, which may only have been written later, or taken out for a while.
bool may_fit_later(const core::RowFault& fault) { return fault.sqlstate == "23503" || fault.sqlstate == "23505"; }

// Tells how many rows went in, however the scope is left.
class StagedCount {
 public:
  StagedCount(const pg::StagedPage& page, std::size_t& count) : page_(page), count_(count) {}
  ~StagedCount() { count_ = page_.rows(); }
  StagedCount(const StagedCount&) = delete;
  StagedCount& operator=(const StagedCount&) = delete;

 private:
  const pg::StagedPage& page_;
  std::size_t& count_;
};

}  // namespace

WriteResult RowWriter::write(std::span<const base::Cell> cells, std::size_t rows, const ChildBatch* children,
                             RowMoves* moves) {
  batch_ = {cells, plan_.staged.size() - 1};
  children_ = children;
  moves_ = moves;
  result_ = {};
  found_by_trial_ = 0;
  once_more_ = false;
  if (rows > 0) write_all(in_order(rows));
  retry_parted();
  std::ranges::stable_sort(result_.faults, {}, &core::RowFault::record);
  note_page();
  return std::move(result_);
}

RowWriter::Rows RowWriter::in_order(std::size_t rows) const {
  if (plan_.in_key_order) return core::order_by_key(batch_.cells, batch_.width, rows, plan_.key_columns);
  Rows order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

void RowWriter::write_all(Rows rows) {
  const bool failed_whole = !state_.filter_first;
  if (failed_whole) {
    Attempt whole = attempt(rows);
    if (whole.done) return;
    if (rows.size() == 1) {
      result_.faults.push_back(*std::move(whole.fault));
      return;
    }
    state_.filter_first = true;
    state_.input_fails = state_.input_fails || whole.culprit;
  }
  write_filtered(std::move(rows), failed_whole);
}

// `failed_whole`: there is no use in trying the same rows again when nothing was found.
void RowWriter::write_filtered(Rows rows, bool failed_whole) {
  const std::size_t count = rows.size();
  if (state_.input_fails) rows = refuse_inputs(rows);
  Filtered page = filtered(rows);
  once_more_ = once_more_ || page.once_more;
  const bool nothing_new = page.good.size() == count && page.give_way.empty() && page.good == rows;
  // A trigger may yet make a row fit: then what the constraints say of it is only a reason to try it apart.
  const bool certain = !plan_.table.row_triggers;
  Rows suspects;
  for (core::RowFault& fault : page.faults) {
    if (certain)
      result_.faults.push_back(std::move(fault));
    else
      suspects.push_back(fault.record);
  }
  if (failed_whole && nothing_new)
    split(rows);
  else
    write_some(page.good, page.give_way);
  write_some(suspects);
}

// Constraints are asked of the table as the rows that move will leave it; they move for good with the others.
Filtered RowWriter::filtered(const Rows& rows) {
  Filtered page{rows, {}, {}, false};
  try {
    pg::Savepoint savepoint(sql_);
    if (moves_ != nullptr) move_rows(sql_, *moves_, rows);
    page = filter_rows(sql_, plan_, batch_, rows, state_.first_load);
    if (moves_ == nullptr) savepoint.release();
  } catch (const pg::Error& error) {
    if (!of_a_row(error)) throw;
  }
  if (moves_ != nullptr) moves_->undone(rows);
  return page;
}

// Values that an input function refuses are found while the page is staged, in one pass.
RowWriter::Rows RowWriter::refuse_inputs(const Rows& rows) {
  Rows good;
  std::span<const std::size_t> left(rows);
  while (!left.empty()) {
    std::size_t staged = 0;
    try {
      pg::Savepoint savepoint(sql_);
      pg::StagedPage page(sql_, kStagedPage, plan_.staged);
      const StagedCount count(page, staged);
      stage_rows(page, batch_, left);
    } catch (const pg::Error& error) {
      if (!of_a_row(error)) throw;
      result_.faults.push_back(fault_of(plan_, error, left[staged]));
    }
    good.insert(good.end(), left.begin(), left.begin() + static_cast<std::ptrdiff_t>(staged));
    left = left.subspan(std::min(staged + 1, left.size()));
  }
  return good;
}

void RowWriter::write_some(std::span<const std::size_t> rows, const std::vector<GivesWay>& give_way) {
  if (rows.empty()) return;
  Attempt tried = attempt(rows, give_way);
  if (tried.done) return;
  if (rows.size() == 1) {
    ++found_by_trial_;
    result_.faults.push_back(*std::move(tried.fault));
  } else if (tried.culprit) {
    Rows good(rows.begin(), rows.end());
    tried.fault->record = good[*tried.culprit];
    result_.faults.push_back(*std::move(tried.fault));
    good.erase(good.begin() + static_cast<std::ptrdiff_t>(*tried.culprit));
    write_some(refuse_inputs(good), give_way);
  } else {
    split(rows);
  }
}

// In eight pieces, which costs hardly more attempts than halves and leaves far fewer rows behind that were written in
// vain; in chunks where much is bad.
void RowWriter::split(std::span<const std::size_t> rows) {
  const std::size_t eighth = (rows.size() + 7) / 8;
  while (!rows.empty()) {
    const std::size_t piece = std::min(found_by_trial_ < kMuchOfIt ? eighth : std::min(eighth, kChunk), rows.size());
    write_some(rows.first(piece));
    rows = rows.subspan(piece);
  }
}

// Trial may have parted rows that only go in together, or in another order: those are tried once more, as long as
// that helps.
void RowWriter::retry_parted() {
  while ((found_by_trial_ > 0 || once_more_) && std::ranges::any_of(result_.faults, may_fit_later)) {
    Rows parted;
    for (const core::RowFault& fault : result_.faults)
      if (may_fit_later(fault)) parted.push_back(fault.record);
    std::erase_if(result_.faults, may_fit_later);
    const std::uint64_t written_before = written();
    write_filtered(std::move(parted), false);
    if (written() == written_before) return;
  }
}

// One savepoint for all of them, which is gone (rolled back) before anything else is tried.
RowWriter::Attempt RowWriter::attempt(std::span<const std::size_t> rows, const std::vector<GivesWay>& give_way) {
  const WriteResult before{result_.created, result_.updated, result_.unchanged, result_.absent, {}, {}, {}, {}};
  const std::size_t swallowed_before = result_.swallowed.size(), relined_before = result_.relined.size();
  const std::size_t equal_before = result_.equal.size();
  Attempt out;
  std::size_t staged = rows.size();
  try {
    pg::Savepoint savepoint(sql_);
    run_statements(rows, give_way, staged);
    sql_.run(kCheckNow);
    savepoint.release();
    out.done = true;
    return out;
  } catch (const pg::Error& error) {
    if (!of_a_row(error)) throw;
    out.fault = in_children_.empty() ? fault_of(plan_, error, rows.front()) : row_fault(error, rows.front());
    out.fault->field = std::exchange(in_children_, {});
  }
  if (moves_ != nullptr) moves_->undone(rows);
  result_.created = before.created;
  result_.updated = before.updated;
  result_.unchanged = before.unchanged;
  result_.absent = before.absent;
  result_.swallowed.resize(swallowed_before);
  result_.relined.resize(relined_before);
  result_.equal.resize(equal_before);
  if (staged < rows.size()) {
    out.culprit = staged;
  } else if (state_.first_load && out.fault->sqlstate == "23505") {
    state_.first_load = false;  // somebody else's row, or one id twice in the listing: from now on by key
    return attempt(rows, give_way);
  }
  return out;
}

void RowWriter::run_statements(std::span<const std::size_t> rows, const std::vector<GivesWay>& give_way,
                               std::size_t& staged) {
  if (moves_ != nullptr) move_rows(sql_, *moves_, rows);
  make_way(give_way);
  Staged page(std::in_place, sql_, kStagedPage, plan_.staged);
  {
    const StagedCount count(*page, staged);
    stage_rows(*page, batch_, rows);
  }
  if (children_ == nullptr)
    write_rows(rows, page);
  else
    write_with_children(rows, page);
}

void RowWriter::write_rows(std::span<const std::size_t> rows, Staged& page) {
  if (state_.first_load || !plan_.keyed) {
    insert_all(rows);
  } else {
    write_keyed(rows, page);
  }
}

// Children of rows that were kept out, or that this mode leaves as they are, stay as they are.
void RowWriter::write_with_children(std::span<const std::size_t> rows, Staged& page) {
  const std::size_t swallowed_before = result_.swallowed.size();
  const bool all = state_.first_load || !plan_.keyed;
  std::vector<bool> touched(children_->records.size(), all), left_alone(touched.size());
  if (all) {
    write_rows(rows, page);
  } else {
    const Needed needed = look(rows);
    for (const std::size_t row : needed.rows) touched[row] = true;
    write_needed(needed, needed.rows.size() == rows.size());
  }
  std::vector<std::size_t> with_children;
  for (std::size_t i = swallowed_before; i < result_.swallowed.size(); ++i) left_alone[result_.swallowed[i]] = true;
  for (const std::size_t row : rows)
    if ((touched[row] || !plan_.leaves_existing) && !left_alone[row]) with_children.push_back(row);
  const ChildrenWritten written = write_children(sql_, *children_, with_children, in_children_);
  for (const std::size_t row : written.changed) {
    if (touched[row]) continue;
    ++result_.updated;
    --result_.unchanged;
    result_.relined.push_back(row);
  }
  result_.swallowed.insert(result_.swallowed.end(), written.kept_out.begin(), written.kept_out.end());
}

// Rows that swap unique values: a row of each ring gives up its own before the others are written.
void RowWriter::make_way(const std::vector<GivesWay>& give_way) {
  for (const GivesWay& one : give_way) {
    pg::StagedPage page(sql_, kStagedPage, plan_.staged);
    stage_rows(page, batch_, std::span(&one.row, 1));
    sql_.run_by_index(one.statement);
  }
}

void RowWriter::insert_all(std::span<const std::size_t> rows) {
  const std::uint64_t created = sql_.run(plan_.insert_all).processed();
  result_.created += created;
  if (created == rows.size()) return;
  if (plan_.keyed) {
    note_kept_out();
  } else {
    result_.swallowed.insert(result_.swallowed.end(), rows.size() - created, rows.front());
  }
}

// What a trigger or a policy did not let happen: it is not as the source has it, and must not be remembered as done.
std::uint64_t RowWriter::note_kept_out() {
  const pg::Rows rows = sql_.run_by_index(plan_.kept_out);
  for (std::size_t i = 0; i < rows.size(); ++i)
    result_.swallowed.push_back(static_cast<std::size_t>(rows.integer(i, 0)));
  return rows.size();
}

// Most pages of a full listing hold nothing new: one look says so, and what it finds is all that the statements that
// write are given.
void RowWriter::write_keyed(std::span<const std::size_t> rows, Staged& page) {
  const Needed needed = look(rows);
  const bool few = needed.rows.size() < rows.size() / 2;
  if (few && !needed.rows.empty()) {
    page.reset();
    page.emplace(sql_, kStagedPage, plan_.staged);
    stage_rows(*page, batch_, needed.rows);
  }
  write_needed(needed, few || needed.rows.size() == rows.size());
}

RowWriter::Needed RowWriter::look(std::span<const std::size_t> rows) {
  const pg::Rows found = sql_.run_by_index(plan_.look);
  // In a table that others inherit from, a key may stand more than once.
  std::vector<bool> needed(batch_.cells.size() / batch_.width);
  Needed out;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto row = static_cast<std::size_t>(found.integer(i, 0));
    if (needed[row]) continue;
    needed[row] = true;
    if (found.boolean(i, 1)) ++out.there;
  }
  for (const std::size_t row : rows) (needed[row] ? out.rows : result_.equal).push_back(row);
  result_.unchanged += rows.size() - out.rows.size();
  return out;
}

// `only_these`: no other rows are staged.
void RowWriter::write_needed(const Needed& needed, bool only_these) {
  const std::size_t count = needed.rows.size();
  if (count == 0) return;
  const auto at_most = [count](std::uint64_t rows) { return std::min<std::uint64_t>(rows, count); };
  std::uint64_t updated = needed.there > 0 ? at_most(update_changed()) : 0, created = 0;
  if (only_these && needed.there == 0)
    created = insert(plan_.insert_absent);
  else if (needed.there < count || updated < needed.there)  // a row may have gone since the look
    created = std::min<std::uint64_t>(insert(plan_.insert_new), count - updated);
  // A row that somebody inserted after the look was neither seen by it nor inserted by us.
  if (updated + created < count) updated = std::min<std::uint64_t>(updated + update_changed(), count - created);
  std::uint64_t kept_out = 0;
  const bool may_keep_out = plan_.table.row_triggers || plan_.table.row_security || plan_.insert_new.empty();
  if (updated + created < count && may_keep_out)
    kept_out = std::min<std::uint64_t>(note_kept_out(), count - created - updated);
  result_.updated += updated;
  result_.created += created;
  result_.unchanged += count - updated - created - kept_out;
  if (plan_.insert_new.empty()) result_.absent += std::min<std::uint64_t>(kept_out, count - needed.there);
}

std::uint64_t RowWriter::insert(const std::string& statement) {
  return statement.empty() ? 0 : sql_.run_by_index(statement).processed();
}

std::uint64_t RowWriter::update_changed() {
  return plan_.update_changed.empty() ? 0 : sql_.run_by_index(plan_.update_changed).processed();
}

void RowWriter::note_page() {
  if (!state_.filter_first) return;
  state_.clean_pages = result_.faults.empty() ? state_.clean_pages + 1 : 0;
  if (state_.clean_pages < kCleanPages) return;
  state_.filter_first = false;
  state_.clean_pages = 0;
}

}  // namespace tandem::store
