#include "worker/page_rows.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/strings.hpp"
#include "core/rows/failures.hpp"
#include "store/computed_values.hpp"
#include "store/contracts.hpp"
#include "store/row_status.hpp"
#include "store/row_writer.hpp"
#include "worker/page_children.hpp"
#include "worker/page_deletions.hpp"
#include "worker/page_history.hpp"
#include "worker/page_keys.hpp"
#include "worker/page_moves.hpp"
#include "worker/page_references.hpp"
#include "worker/page_twoway.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

void add_fault(PageResult& result, const LoadedPage& loaded, core::RowFault fault, std::string_view origin_id) {
  result.failed.push_back(fault.record);
  result.faults.push_back({std::move(fault), std::string(origin_id), loaded.page.raw[result.failed.back()]});
}

void add_conversion_faults(PageResult& result, const LoadedPage& loaded, const std::vector<core::Identity>& candidates,
                           std::vector<core::RowFault>& faults) {
  if (faults.empty()) return;
  std::vector<std::string_view> ids(loaded.page.records());
  for (const core::Identity& row : candidates) ids[row.record] = row.origin_id;
  for (core::RowFault& fault : faults) {
    const std::string_view id = ids[fault.record];
    add_fault(result, loaded, std::move(fault), id);
  }
}

void add_waiting(PageResult& result, const LoadedPage& loaded, const PageReferences& references) {
  for (const PageReferences::Waiting& waiting : references.waiting()) {
    add_fault(result, loaded, waiting.fault, waiting.identity.origin_id);
    if (waiting.is_in) ++result.half_in;
  }
}

std::vector<core::Identity> without(const std::vector<core::Identity>& rows, const std::vector<core::Identity>& some,
                                    std::size_t records) {
  std::vector<bool> among(records);
  for (const core::Identity& row : some) among[row.record] = true;
  std::vector<core::Identity> out;
  for (const core::Identity& row : rows)
    if (!among[row.record]) out.push_back(row);
  return out;
}

// Leaves the records in `rows` that the mapping is about.
void keep_to_conditions(PullPlan& plan, const LoadedPage& loaded, std::vector<core::Identity>& rows,
                        PageResult& result) {
  if (!plan.filter) return;
  core::RecordFilter::Split split = plan.filter->split(loaded.page, rows);
  for (std::size_t i = 0; i < split.faults.size(); ++i)
    add_fault(result, loaded, std::move(split.faults[i]), split.fault_ids[i]);
  rows = std::move(split.rows);
  result.passed_over = std::move(split.passed_over);
}

// Records without an id are faults, and leave nothing proven.
void look_at_listing(PullPlan& plan, const LoadedPage& loaded, std::vector<core::RowFault>& without_id,
                     PageResult& result) {
  for (core::RowFault& fault : without_id) add_fault(result, loaded, std::move(fault), {});
  if (!plan.deletes) return;
  if (!without_id.empty()) lose_proof(*plan.deletes, "a record in it has no id");
  look_at_total(*plan.deletes, plan.object.paging, loaded.total);
}

// Of a listing that proves what is gone: everything that it shows, whether the mapping is about it or not. Where
// nothing was remembered when the run began nothing can be gone, and looking would only find records that the listing
// repeats.
void note_seen(pg::Sql& sql, const PullPlan& plan, const std::vector<core::Identity>& rows, PageResult& result) {
  if (!plan.deletes || !plan.deletes->keeps_seen() || plan.fresh) return;
  store::Known known = store::known_contracts(sql, plan.spec.mapping_id, rows);
  result.seen = std::move(known.ordinals);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (known.same[i]) result.same[rows[i].record] = true;
    if (known.there[i]) result.there[rows[i].record] = true;
  }
}

// What the listing shows and nothing will remember.
void note_keys(PullPlan& plan, LoadedPage& loaded, const core::RowBuilder::Converted& converted,
               const std::vector<std::size_t>& swallowed, PageResult& result) {
  std::vector<Unremembered> records;
  const auto add = [&](std::size_t record, std::string_view origin_id, bool fresh) {
    if (!origin_id.empty()) records.push_back({record, origin_id, fresh && !result.there[record]});
  };
  for (std::size_t i = 0; i < result.faults.size(); ++i) add(result.failed[i], result.faults[i].origin_id, true);
  for (const std::size_t row : swallowed) add(converted.rows[row].record, converted.rows[row].origin_id, true);
  for (const core::Identity& row : result.passed_over) add(row.record, row.origin_id, false);
  result.keys = keys_shown(plan, loaded, records);
}

// The records that are worth converting.
std::vector<core::Identity> changed_records(pg::Sql& sql, const PullPlan& plan, const std::vector<core::Identity>& rows,
                                            const PageResult& result) {
  if (!plan.gate || plan.fresh) return rows;
  if (!plan.deletes || !plan.deletes->keeps_seen())
    return store::changed_since_last_seen(sql, plan.spec.mapping_id, rows);
  std::vector<core::Identity> changed;
  for (const core::Identity& row : rows)
    if (!result.same[row.record]) changed.push_back(row);
  return changed;
}

// What their contracts hold beside id and hash.
void add_extra(const PullPlan& plan, LoadedPage& loaded, std::size_t record, std::span<const base::Cell> row,
               PageResult& result) {
  const bool keyed = plan.local_key && !plan.local_key->derived();
  if (!keyed && !plan.fields.version) return;
  store::Extra extra;
  if (keyed) extra.local_key = loaded.arena.keep(plan.local_key->stored(row));
  if (plan.fields.version) {
    const base::Value& version = loaded.page.record(record)[*plan.fields.version];
    if (version.kind == base::Kind::string || version.kind == base::Kind::number) extra.remote_version = version.text;
  }
  result.extras.push_back(extra);
}

// Option status_columns: records that failed leave word on their rows. `written.faults` still count in converted rows.
void mark_rows(pg::Sql& sql, const PullPlan& plan, const core::RowBuilder::Converted& converted,
               const std::vector<core::RowFault>& not_converted, const store::WriteResult& written) {
  if (plan.mapping.last_error.empty()) return;
  const std::size_t width = plan.rows.columns(), mapped = plan.write.columns.size();
  std::vector<store::FailedRow> failed;
  const auto add = [&](const base::Cell* row, const std::string& message) {
    store::FailedRow& out = failed.emplace_back();
    for (const std::size_t column : plan.write.key_columns) out.key.push_back(row[column]);
    out.message = message;
  };
  for (std::size_t i = 0; i < not_converted.size(); ++i)
    add(converted.failed.data() + i * mapped, not_converted[i].message);
  for (const core::RowFault& fault : written.faults) add(converted.cells.data() + fault.record * width, fault.message);
  store::mark_failed(sql, plan.write, plan.mapping.last_error, failed);
}

// Records with an error are not passed over, even when they are as they were before it: their rows must lose the word.
std::vector<core::Identity> to_be_looked_at(pg::Sql& sql, const PullPlan& plan, const std::vector<core::Identity>& rows,
                                            const PageResult& result) {
  std::vector<core::Identity> out = changed_records(sql, plan, rows, result);
  if (!plan.gate || plan.mapping.last_error.empty() || (plan.open_faults.empty() && !plan.many_open_faults)) return out;
  if (plan.many_open_faults) return rows;
  for (const core::Identity& row : without(rows, out, result.same.size()))
    if (plan.open_faults.contains(std::string(row.origin_id))) out.push_back(row);
  return out;
}

// Their rows go before others come, which may have the same keys.
void bury_tombstones(pg::Sql& sql, PullPlan& plan, const LoadedPage& loaded, std::vector<core::Identity>& rows,
                     PageResult& result) {
  const std::vector<core::Identity> tombstones = take_tombstones(plan, loaded, rows);
  core::Laps laps(plan.timing);
  result.tombstones = tombstones.size();
  result.buried = bury(sql, plan, tombstones);
  laps.lap(core::Stage::deletes);
}

void count(const PullPlan& plan, const LoadedPage& loaded, const store::WriteResult& written, PageResult& result) {
  store::Counters& counters = result.counters;
  counters.pages = plan.spec.retry && loaded.errors.empty() ? 0 : 1;
  counters.records_read = static_cast<std::int64_t>(loaded.page.records());
  counters.created = static_cast<std::int64_t>(written.created);
  counters.updated = static_cast<std::int64_t>(written.updated);
  counters.deleted = result.buried.deleted;
  counters.failed = static_cast<std::int64_t>(result.faults.size() + result.buried.failed);
  counters.skipped =
      counters.records_read - counters.created - counters.updated - counters.deleted - counters.failed + result.half_in;
  counters.bytes = loaded.response.wire_bytes;
  result.kept_out += result.buried.kept_out;
}

// A row that followed its record was there before, and if that was all, it is equal now.
void count_moved(const PageMoves& moves, store::WriteResult& written) {
  std::unordered_set<std::size_t> counted(written.relined.begin(), written.relined.end());
  for (const std::size_t row : written.equal) {
    if (!moves.moved(row) || !counted.insert(row).second) continue;
    --written.unchanged;
    ++written.updated;
    written.relined.push_back(row);
  }
  for (const std::size_t row : moves.rows())
    if (moves.moved(row) && counted.insert(row).second) written.relined.push_back(row);
}

// Sorts the converted rows by what became of them. Tells which did not go in; from here on `written.faults` are spent.
std::vector<bool> tell_apart(const PullPlan& plan, LoadedPage& loaded, const core::RowBuilder::Converted& converted,
                             store::WriteResult& written, PageResult& result) {
  std::vector<bool> kept_out(converted.rows.size());
  for (core::RowFault& fault : written.faults) {
    const core::Identity& row = converted.rows[fault.record];
    kept_out[fault.record] = true;
    fault.record = row.record;
    add_fault(result, loaded, std::move(fault), row.origin_id);
  }
  for (const std::size_t row : written.swallowed) kept_out[row] = true;
  result.kept_out = written.swallowed.size() - written.absent;
  const std::size_t width = plan.rows.columns();
  for (std::size_t i = 0; i < converted.rows.size(); ++i) {
    if (kept_out[i]) continue;
    if (result.same[converted.rows[i].record]) {
      result.unchanged.push_back(converted.rows[i]);
      continue;
    }
    result.applied.push_back(converted.rows[i]);
    add_extra(plan, loaded, converted.rows[i].record, std::span(converted.cells).subspan(i * width, width), result);
  }
  return kept_out;
}

bool told_apart(const core::LocalKey& keys, const std::vector<core::Identity>& rows) {
  return std::ranges::all_of(rows, [&](const core::Identity& row) { return keys.tells_apart(row.origin_id); });
}

}  // namespace

PageResult write_rows(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded) {
  PageResult result;
  core::Laps laps(plan.timing);
  result.same.resize(loaded.page.records());
  result.there.resize(loaded.page.records());
  core::RowBuilder::Identified identified = plan.rows.identify(loaded.page, loaded.arena);
  laps.lap(core::Stage::convert);
  History history(plan, loaded);
  look_at_listing(plan, loaded, identified.faults, result);
  note_seen(sql, plan, identified.rows, result);
  bury_tombstones(sql, plan, loaded, identified.rows, result);
  history.note(identified.rows);
  keep_to_conditions(plan, loaded, identified.rows, result);
  const std::vector<core::Identity> candidates = to_be_looked_at(sql, plan, identified.rows, result);
  laps.lap(core::Stage::contracts);
  if (plan.gate && (plan.many_open_faults || !plan.open_faults.empty()))
    result.unchanged = without(identified.rows, candidates, loaded.page.records());
  plan.rows.set_now(base::now());
  core::RowBuilder::Converted converted = plan.rows.convert(loaded.page, candidates, loaded.arena);
  const store::ComputedValues computed(sql, plan.compute, converted);
  PageChildren children(sql, plan);
  children.convert(loaded, converted);
  const std::vector<core::RowFault> not_converted =
      plan.mapping.last_error.empty() ? std::vector<core::RowFault>{} : converted.faults;
  if (plan.local_key && !told_apart(*plan.local_key, identified.rows))
    refuse_second_of_a_row(plan, loaded, without(identified.rows, candidates, loaded.page.records()), converted);
  PageReferences references(sql, plan, loaded.arena, &children);
  references.resolve(converted);
  PageTwoWay two_way(sql, plan, loaded);
  if (plan.two_way) two_way.before_writing(converted);
  laps.lap(core::Stage::convert);
  PageMoves moves(sql, plan, loaded, converted);
  history.before_writing(sql, converted);
  laps.lap(core::Stage::write);
  store::RowWriter writer(sql, plan.write, plan.write_state);
  const auto with = children.batch(converted.rows);
  store::WriteResult written = writer.write(converted.cells, converted.rows.size(), pointer_to(with), moves.to_write());
  if (plan.two_way) two_way.after_writing(converted, written);
  count_moved(moves, written);
  const PageMoves::Left left = moves.delete_left(sql, plan, written, converted);
  result.buried.deleted += left.deleted;
  result.buried.failed += left.failed;
  result.buried.kept_out += left.kept_out;
  result.half_in += left.deleted + static_cast<std::int64_t>(left.failed);
  references.resolve_rest(converted, written);
  mark_rows(sql, plan, converted, not_converted, written);
  laps.lap(core::Stage::write);
  add_conversion_faults(result, loaded, candidates, converted.faults);
  add_waiting(result, loaded, references);
  const std::vector<bool> kept_out = tell_apart(plan, loaded, converted, written, result);
  note_keys(plan, loaded, converted, written.swallowed, result);
  result.history = history.entries(converted, kept_out, written.relined, result.faults);
  count(plan, loaded, written, result);
  result.counters.conflicts = two_way.conflicts();
  if (plan.two_way) result.agreed = two_way.agreed(result.applied);
  return result;
}

PageResult bury_deletions(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded) {
  PageResult result;
  BuriedPage page = bury_page(sql, plan, loaded);
  for (core::RowFault& fault : page.faults) add_fault(result, loaded, std::move(fault), {});
  result.buried = std::move(page.buried);
  result.kept_out = result.buried.kept_out;
  result.counters = std::move(page.counters);
  return result;
}

}  // namespace tandem::worker
