#include "worker/page_twoway.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/convert/convert.hpp"

namespace tandem::worker {

namespace {

std::optional<std::string> text_at(const base::Json& base, const std::string& column) {
  const base::Json* value = base.find(column);
  return value == nullptr || value->is_null() ? std::nullopt : std::optional(value->string());
}

std::optional<std::string_view> view(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

}  // namespace

// The rows are locked before the changes of others are looked at: whoever changed one has committed by then, and nobody
// changes it until we have.
void PageTwoWay::before_writing(core::RowBuilder::Converted& converted) {
  if (converted.rows.empty()) return;
  images_ = store::read_images(sql_, plan_.write, plan_.two_way->row_key, converted.cells, converted.rows.size());
  waiting_ = unsent_changes(sql_, plan_, images_);
  look_up(converted);
  const std::size_t width = plan_.rows.columns();
  core::RowBuilder::Converted kept;
  kept.faults = std::move(converted.faults);
  kept.failed = std::move(converted.failed);
  for (std::size_t i = 0; i < converted.rows.size(); ++i) {
    if (judge(i, converted) == Fate::drop) continue;
    kept.rows.push_back(converted.rows[i]);
    const auto cells = converted.cells.begin() + static_cast<std::ptrdiff_t>(i * width);
    kept.cells.insert(kept.cells.end(), cells, cells + static_cast<std::ptrdiff_t>(width));
    if (!converted.records.empty()) kept.records.push_back(converted.records[i]);
  }
  converted = std::move(kept);
  settle();
}

void PageTwoWay::look_up(const core::RowBuilder::Converted& converted) {
  std::vector<store::ContractRef> refs;
  for (const core::Identity& row : converted.rows) refs.push_back({.origin_id = std::string(row.origin_id)});
  contracts_ = store::find_push_contracts(sql_, plan_.spec.mapping_id, refs);
  look_up_predecessors(converted);
  for (std::size_t i = 0; i < images_.size(); ++i) {
    if (images_[i].local || contracts_[i] || before_[i]) continue;
    if (store::creates_under_way(sql_, plan_.spec.mapping_id))
      throw TableBusy(base::strcat("new rows of ", plan_.write.table.quoted, " that are on their way out"));
    break;
  }
}

// A record that was deleted there and made anew has another id. Its row is the one that its predecessor had.
void PageTwoWay::look_up_predecessors(const core::RowBuilder::Converted& converted) {
  const std::size_t width = plan_.rows.columns();
  before_.resize(converted.rows.size());
  if (plan_.local_key->derived()) return;
  std::vector<store::ContractRef> refs(converted.rows.size());
  for (std::size_t i = 0; i < refs.size(); ++i)
    if (!contracts_[i])
      refs[i].local_key = plan_.local_key->stored(std::span(converted.cells).subspan(i * width, width));
  before_ = store::find_push_contracts(sql_, plan_.spec.mapping_id, refs);
}

PageTwoWay::Fate PageTwoWay::judge(std::size_t row, core::RowBuilder::Converted& converted) {
  const std::string id(converted.rows[row].origin_id);
  // It may show what was before, or what is: not even that is remembered, so that it is looked at again.
  const auto& contract = contracts_[row];
  if (contract && contract->acknowledged_at && loaded_.asked_at.micros < contract->acknowledged_at->micros)
    return Fate::drop;
  if (!images_[row].local) {
    const Fate fate = judge_missing(row);
    if (fate != Fate::drop) bases_[id] = image_of(plan_, images_[row].remote);
    return fate;
  }
  merge(row, converted);
  return Fate::as_it_comes;
}

// A record whose row was there and is not any more was deleted here, and that is still to be sent, or was decided.
PageTwoWay::Fate PageTwoWay::judge_missing(std::size_t row) {
  const auto& contract = contracts_[row];
  if (before_[row]) {  // that one is gone on both sides
    if (const auto deletion = store::deletion_of(sql_, plan_.spec.mapping_id, matched(row)); deletion)
      store::drop_items(sql_, {deletion->item});
    return Fate::as_it_comes;
  }
  if (!contract || contract->deleted || !contract->base) return Fate::as_it_comes;
  if (*contract->base == image_of(plan_, images_[row].remote)) return Fate::drop;
  const auto deletion = store::deletion_of(sql_, plan_.spec.mapping_id, matched(row));
  if (!deletion) return Fate::drop;  // there is nothing to be sent: it is none of the other side's business
  if (deletion->state == 'c')
    throw TableBusy(base::strcat("the deletion of row ", deletion->key, " of ", plan_.write.table.quoted));
  ++conflicts_;
  switch (core::merge_delete({.deleted_locally = true, .deleted_at = deletion->changed_at},
                             plan_.mapping.push.conflict_delete)) {
    case core::DeleteVerdict::remove:
      store::forget_versions(sql_, plan_.spec.mapping_id, {contract->origin_id});  // whatever it is by now
      return Fate::drop;
    case core::DeleteVerdict::restore:
      store::drop_items(sql_, {deletion->item});
      return Fate::as_it_comes;
    case core::DeleteVerdict::conflict:
      found_.push_back({.origin_id = contract->origin_id,
                        .key = deletion->key,
                        .base = *contract->base,
                        .local = {},
                        .remote = image_of(plan_, images_[row].remote),
                        .columns = {}});
  }
  return Fate::drop;
}

// The values that its row is found by, as JSON.
std::string PageTwoWay::matched(std::size_t row) const {
  base::Json values = base::Json::object();
  for (const std::size_t column : plan_.write.key_columns)
    if (const auto& text = images_[row].remote[column]) values.set(plan_.write.columns[column], base::Json(*text));
  return values.dump();
}

void PageTwoWay::merge(std::size_t row, core::RowBuilder::Converted& converted) {
  const store::RowImages& images = images_[row];
  const auto& contract = contracts_[row] ? contracts_[row] : before_[row];
  const bool has_base = contract && contract->base;
  const base::Json base = has_base ? base::Json::parse(*contract->base).value() : base::Json::object();
  const std::vector<std::string>& names = plan_.write.columns;
  store::Texts bases;
  for (const std::string& name : names) bases.push_back(text_at(base, name));
  std::vector<core::MergeColumn> columns;
  for (std::size_t c = 0; c < names.size(); ++c)
    columns.push_back({.base = view(bases[c]),
                       .local = view((*images.local)[c]),
                       .remote = view(images.remote[c]),
                       .policy = plan_.two_way->policies[c]});
  const auto waiting = waiting_.find(images.key);
  const core::Merged merged =
      core::merge_row({.columns = columns,
                       .has_base = has_base,
                       .policy = plan_.mapping.push.conflicts,
                       .local_at = waiting == waiting_.end() ? std::nullopt : std::optional(waiting->second.changed_at),
                       .remote_at = remote_time(converted.rows[row].record)});
  if (merged.overruled || merged.verdict == core::MergeVerdict::conflict) ++conflicts_;
  if (merged.verdict == core::MergeVerdict::conflict) {
    note_conflict(row, merged, has_base ? *contract->base : std::string(), converted);
    keep_local(row, converted, nullptr);
    return;
  }
  bases_[std::string(converted.rows[row].origin_id)] = image_of(plan_, images.remote);
  solved_.push_back(images.key);
  keep_local(row, converted, &merged);
  if (merged.verdict != core::MergeVerdict::equal && merged.verdict != core::MergeVerdict::pull) send(row, merged);
}

// Those columns that the local side keeps; null: all of them.
void PageTwoWay::keep_local(std::size_t row, core::RowBuilder::Converted& converted, const core::Merged* merged) {
  const std::size_t width = plan_.rows.columns();
  for (std::size_t c = 0; c < plan_.write.columns.size(); ++c) {
    if (merged != nullptr && merged->columns[c] != core::MergeTake::local) continue;
    base::Cell& cell = converted.cells[row * width + c];
    const auto& local = (*images_[row].local)[c];
    cell = {};
    if (!local) continue;
    cell.form = base::Cell::Form::text;
    cell.text = loaded_.arena.keep(*local);
  }
}

void PageTwoWay::note_conflict(std::size_t row, const core::Merged& merged, const std::string& base,
                               const core::RowBuilder::Converted& converted) {
  store::FoundConflict found{.origin_id = std::string(converted.rows[row].origin_id),
                             .key = images_[row].key,
                             .base = base,
                             .local = image_of(plan_, *images_[row].local),
                             .remote = image_of(plan_, images_[row].remote),
                             .columns = {}};
  for (std::size_t c = 0; c < merged.columns.size(); ++c)
    if (merged.columns[c] == core::MergeTake::conflict) found.columns.push_back(plan_.write.columns[c]);
  found_.push_back(std::move(found));
}

// What was captured is waiting already; this is for what was not, and for what a policy decides anew.
void PageTwoWay::send(std::size_t row, const core::Merged& merged) {
  core::RowChange change{.key = images_[row].key, .op = 'u', .txid = "0", .changed = std::vector<int>()};
  for (std::size_t c = 0; c < merged.columns.size(); ++c)
    if (merged.columns[c] == core::MergeTake::local) change.changed->push_back(plan_.two_way->attnums[c]);
  to_send_.push_back(std::move(change));
}

void PageTwoWay::settle() {
  store::record_conflicts(sql_, plan_.spec, found_);
  store::close_conflicts(sql_, plan_.spec.mapping_id, solved_);
  put_changes();
}

void PageTwoWay::put_changes() {
  if (to_send_.empty()) return;
  const std::int64_t version = store::next_version(sql_);
  for (core::RowChange& change : to_send_) {
    change.version = change.seq = version;
    change.captured_at = change.changed_at = base::now();
  }
  store::put_items(sql_, plan_.spec.tenant_id, plan_.spec.mapping_id, to_send_, 0);
  to_send_.clear();
}

// A trigger that made other values of what was written has changed the row: that is told the other side.
void PageTwoWay::after_writing(const core::RowBuilder::Converted& converted, const store::WriteResult& written) {
  if (!plan_.two_way->altered || converted.rows.empty()) return;
  std::vector<bool> left_out(converted.rows.size());
  for (const core::RowFault& fault : written.faults) left_out[fault.record] = true;
  for (const std::size_t row : written.swallowed) left_out[row] = true;
  const std::vector<store::RowImages> images =
      store::read_images(sql_, plan_.write, plan_.two_way->row_key, converted.cells, converted.rows.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (left_out[i] || !images[i].local) continue;
    core::RowChange change{.key = images[i].key, .op = 'u', .txid = "0", .changed = std::vector<int>()};
    for (std::size_t c = 0; c < images[i].remote.size(); ++c)
      if ((*images[i].local)[c] != images[i].remote[c]) change.changed->push_back(plan_.two_way->attnums[c]);
    if (!change.changed->empty()) to_send_.push_back(std::move(change));
  }
  put_changes();
}

std::optional<base::Instant> PageTwoWay::remote_time(std::size_t record) const {
  if (!plan_.two_way->changed_field) return std::nullopt;
  const base::Value& value = loaded_.page.record(record)[*plan_.two_way->changed_field];
  base::ColumnType type;
  type.type_class = base::TypeClass::timestamptz;
  base::Cell cell;
  if (core::convert(value, type, core::DeclaredType::none, loaded_.arena, cell) || cell.form != base::Cell::Form::time)
    return std::nullopt;
  return base::Instant{cell.integer - plan_.spec.clock_offset_ms * 1000};
}

std::vector<store::AgreedBase> PageTwoWay::agreed(const std::vector<core::Identity>& applied) const {
  std::vector<store::AgreedBase> agreed;
  for (const core::Identity& row : applied)
    if (const auto found = bases_.find(std::string(row.origin_id)); found != bases_.end())
      agreed.push_back({found->first, found->second});
  return agreed;
}

}  // namespace tandem::worker
