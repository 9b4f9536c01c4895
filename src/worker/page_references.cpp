#include "worker/page_references.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace tandem::worker {

using base::Cell;
using core::Reference;
using Converted = core::RowBuilder::Converted;

void PageReferences::resolve(Converted& rows) {
  if (plan_.references.empty() || rows.rows.empty()) return;
  std::vector<LocalKeys> keys;
  for (const store::ReferencePlan& reference : plan_.references)
    keys.push_back(local_keys_of(sql_, reference, rows, plan_.rows.columns()));
  Converted out;
  out.faults = std::move(rows.faults);
  out.failed = std::move(rows.failed);
  out.cells.reserve(rows.cells.size());
  out.rows.reserve(rows.rows.size());
  for (std::size_t row = 0; row < rows.rows.size(); ++row) resolve_row(rows, row, keys, out);
  rows = std::move(out);
}

// Into `out`, or held back, or a fault.
void PageReferences::resolve_row(Converted& rows, std::size_t row, const std::vector<LocalKeys>& keys, Converted& out) {
  const std::size_t width = plan_.rows.columns();
  const auto begin = rows.cells.begin() + static_cast<std::ptrdiff_t>(row * width);
  Held held{.cells = {begin, begin + static_cast<std::ptrdiff_t>(width)}};
  std::optional<core::RowFault> fault;
  bool later = true, fatal = false;
  for (std::size_t i = 0; i < plan_.references.size() && !fatal; ++i) {
    const store::ReferencePlan& reference = plan_.references[i];
    const core::ColumnMapping& column = plan_.mapping.columns[reference.column];
    Cell& cell = rows.cells[row * width + reference.column];
    if (cell.form == Cell::Form::null) continue;
    const std::string_view id = cell.text;
    cell = {};
    if (keys[i][row]) {
      if (auto problem = put_key(reference, column, *keys[i][row], arena_, cell)) {
        fault = std::move(problem);
        fatal = true;
      }
    } else if (reference.reference.missing == Reference::Missing::error) {
      fault = is_not_there(reference, column, id);
      fatal = true;
    } else if (reference.reference.missing == Reference::Missing::wait) {
      if (!fault) fault = waits_for(reference, column, id);
      ++held.missing;
      held.self = held.self || reference.self;
      later = later && reference.fill_later;
    } else if (reference.required) {
      fault = is_not_there(reference, column, id);
      fatal = true;
    }
  }
  core::Identity identity = rows.rows[row];
  if (fault) fault->record = identity.record;
  if (fatal) {
    out.faults.push_back(*std::move(fault));
    return;
  }
  if (fault) {
    held.row = out.rows.size();
    waiting_.push_back({*std::move(fault), identity, later});
    held_.push_back(std::move(held));
    identity.hash = 0;  // the next listing is not to take it for done
    if (!later) return;
  }
  out.cells.insert(out.cells.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
  out.rows.push_back(identity);
}

void PageReferences::resolve_rest(Converted& rows, store::WriteResult& written) {
  drop_refused(written);
  const auto to_itself = [](const Held& held) { return held.self; };
  while (std::ranges::any_of(held_, to_itself) && resolve_held(rows, written)) {
  }
}

// What was to go in without its reference and was refused has an error of its own.
void PageReferences::drop_refused(const store::WriteResult& written) {
  for (const core::RowFault& fault : written.faults)
    for (std::size_t i = 0; i < waiting_.size(); ++i)
      if (waiting_[i].is_in && held_[i].row == fault.record) {
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
        held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
        break;
      }
}

// Those whose parents have come meanwhile are written, again or for the first time. False: there is none.
bool PageReferences::resolve_held(Converted& rows, store::WriteResult& written) {
  const std::vector<Held> held = std::exchange(held_, {});
  const std::vector<Waiting> waiting = std::exchange(waiting_, {});
  Converted again;
  for (std::size_t i = 0; i < held.size(); ++i) {
    again.cells.insert(again.cells.end(), held[i].cells.begin(), held[i].cells.end());
    core::Identity identity = waiting[i].identity;
    identity.record = i;  // of those held
    again.rows.push_back(identity);
  }
  resolve(again);

  std::vector<std::size_t> still(held.size(), kDone);  // where it is held now
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const std::size_t was = waiting_[i].identity.record;
    still[was] = i;
    waiting_[i].identity = waiting[was].identity;
    waiting_[i].fault.record = waiting[was].identity.record;
    waiting_[i].is_in = waiting[was].is_in;
    held_[i].row = held[was].row;
  }
  for (core::RowFault& fault : again.faults) {
    fault.record = waiting[fault.record].identity.record;
    rows.faults.push_back(std::move(fault));
  }
  Further further;
  const std::size_t width = plan_.rows.columns();
  for (std::size_t row = 0; row < again.rows.size(); ++row) {
    const std::size_t was = again.rows[row].record;
    if (still[was] != kDone && held_[still[was]].missing == held[was].missing) continue;  // it stays as it was
    const auto begin = again.cells.begin() + static_cast<std::ptrdiff_t>(row * width);
    further.cells.insert(further.cells.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
    further.rows.push_back({waiting[was].identity, still[was], waiting[was].is_in, held[was].row});
  }
  if (further.rows.empty()) return false;
  write_further(further, rows, written);
  return true;
}

// They take their places among the rows, and what became of them is added to what was written.
void PageReferences::write_further(Further& further, Converted& rows, store::WriteResult& written) {
  const std::size_t width = plan_.rows.columns();
  std::vector<core::Identity> records;
  for (const Further::Row& row : further.rows) records.push_back(row.identity);
  const auto with = children_ == nullptr ? std::nullopt : children_->batch(records);
  store::WriteResult more = store::RowWriter(sql_, plan_.write, plan_.write_state)
                                .write(further.cells, further.rows.size(), pointer_to(with));
  std::uint64_t rewritten = 0;
  for (std::size_t i = 0; i < further.rows.size(); ++i) {
    Further::Row& row = further.rows[i];
    if (row.was_in) {
      ++rewritten;
    } else {
      row.place = rows.rows.size();
      const auto begin = further.cells.begin() + static_cast<std::ptrdiff_t>(i * width);
      rows.cells.insert(rows.cells.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
      rows.rows.push_back(row.identity);
    }
    rows.rows[row.place].hash = row.still == kDone ? row.identity.hash : 0;
    if (row.still == kDone) continue;
    waiting_[row.still].is_in = true;
    held_[row.still].row = row.place;
  }
  for (core::RowFault& fault : more.faults) {
    fault.record = further.rows[fault.record].place;
    written.faults.push_back(std::move(fault));
  }
  for (const std::size_t row : more.swallowed) written.swallowed.push_back(further.rows[row].place);
  written.absent += more.absent;
  written.created += more.created;
  written.updated += more.updated - std::min(more.updated, rewritten);
}

}  // namespace tandem::worker
