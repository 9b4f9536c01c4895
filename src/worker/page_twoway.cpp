#include "worker/page_twoway.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/convert/convert.hpp"
#include "store/outbox_items.hpp"
#include "worker/push_unfold.hpp"

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
  while (unfold_captured(sql_, plan_.two_way->pushed)) continue;
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
  std::vector<std::string> keys;
  for (const store::RowImages& image : images_)
    if (!image.key.empty()) keys.push_back(image.key);
  for (store::WaitingItem& item : store::items_of_keys(sql_, plan_.spec.mapping_id, keys)) {
    if (item.state == 'c')
      throw TableBusy(base::strcat("the push of row ", item.key, " of ", plan_.write.table.quoted));
    std::string key = item.key;
    waiting_.emplace(std::move(key), std::move(item));
  }
  for (std::size_t i = 0; i < images_.size(); ++i) {
    if (images_[i].local || contracts_[i]) continue;
    if (store::creates_under_way(sql_, plan_.spec.mapping_id))
      throw TableBusy(base::strcat("new rows of ", plan_.write.table.quoted, " that are on their way out"));
    break;
  }
}

PageTwoWay::Fate PageTwoWay::judge(std::size_t row, core::RowBuilder::Converted& converted) {
  const std::string id(converted.rows[row].origin_id);
  if (!images_[row].local) {
    const Fate fate = judge_missing(row);
    if (fate != Fate::drop) bases_[id] = image(images_[row].remote);
    return fate;
  }
  const auto& contract = contracts_[row];
  // It may show what was before, or what is: not even that is remembered, so that it is looked at again.
  if (contract && contract->acknowledged_at && loaded_.asked_at.micros < contract->acknowledged_at->micros)
    return Fate::drop;
  merge(row, converted);
  return Fate::as_it_comes;
}

// A record whose row was there and is not any more was deleted here, and that is still to be sent, or was decided.
PageTwoWay::Fate PageTwoWay::judge_missing(std::size_t row) const {
  const auto& contract = contracts_[row];
  if (!contract || contract->deleted || !contract->base) return Fate::as_it_comes;
  const core::PushTerms& terms = plan_.mapping.push;
  const bool unchanged = *contract->base == image(images_[row].remote);
  if (unchanged) return Fate::drop;
  const core::DeleteVerdict verdict = core::merge_delete({.deleted_locally = true}, terms.conflict_delete);
  return verdict == core::DeleteVerdict::restore ? Fate::as_it_comes : Fate::drop;
}

void PageTwoWay::merge(std::size_t row, core::RowBuilder::Converted& converted) {
  const store::RowImages& images = images_[row];
  const auto& contract = contracts_[row];
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
  if (merged.verdict == core::MergeVerdict::conflict) {
    note_conflict(row, merged, converted);
    keep_local(row, converted, nullptr);
    return;
  }
  bases_[std::string(converted.rows[row].origin_id)] = image(images.remote);
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

void PageTwoWay::note_conflict(std::size_t row, const core::Merged& merged,
                               const core::RowBuilder::Converted& converted) {
  store::FoundConflict found{.origin_id = std::string(converted.rows[row].origin_id),
                             .key = images_[row].key,
                             .base = contracts_[row] ? contracts_[row]->base.value_or("") : std::string(),
                             .local = image(*images_[row].local),
                             .remote = image(images_[row].remote),
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
  if (to_send_.empty()) return;
  const std::int64_t version = store::next_version(sql_);
  for (core::RowChange& change : to_send_) {
    change.version = change.seq = version;
    change.captured_at = change.changed_at = base::now();
  }
  store::put_items(sql_, plan_.spec.tenant_id, plan_.spec.mapping_id, to_send_, 0);
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

std::string PageTwoWay::image(const store::Texts& texts) const {
  base::Json json = base::Json::object();
  for (std::size_t c = 0; c < texts.size(); ++c)
    json.set(plan_.write.columns[c], texts[c] ? base::Json(*texts[c]) : base::Json());
  return json.dump();
}

std::vector<store::AgreedBase> PageTwoWay::agreed(const std::vector<core::Identity>& applied) const {
  std::vector<store::AgreedBase> agreed;
  for (const core::Identity& row : applied)
    if (const auto found = bases_.find(std::string(row.origin_id)); found != bases_.end())
      agreed.push_back({found->first, found->second});
  return agreed;
}

}  // namespace tandem::worker
