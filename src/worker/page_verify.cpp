#include "worker/page_verify.hpp"

#include <algorithm>
#include <numeric>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "store/computed_values.hpp"
#include "store/deletes.hpp"
#include "store/row_compare.hpp"
#include "store/verify.hpp"
#include "worker/background.hpp"
#include "worker/page_children.hpp"
#include "worker/page_references.hpp"
#include "worker/page_tombstones.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr std::size_t kMostShown = 1000;     // bytes of an array whose rows differ
constexpr std::int64_t kBlocksAtOnce = 256;  // 2 MB: some ten thousand narrow rows

store::Difference unusable(const core::RowFault& fault, std::string_view origin_id) {
  return {.kind = store::Difference::Kind::unusable,
          .row = 0,
          .origin_id = std::string(origin_id),
          .local_key = {},
          .column = fault.column,
          .local = {},
          .remote = {},
          .message = fault.message};
}

// Rows of the converted records against the table; positions in the batch become origin ids.
void compare_converted(pg::Sql& sql, PullPlan& plan, const core::RowBuilder::Converted& converted,
                       store::Comparison& out) {
  std::vector<std::size_t> all(converted.rows.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const store::Batch batch{converted.cells, plan.write.staged.size() - 1};
  store::compare_rows(sql, plan.write, *plan.compare, batch, all, out);
  for (store::Difference& difference : out.differences)
    difference.origin_id = std::string(converted.rows[difference.row].origin_id);
}

// The database's part of the transforms; what functions write on the way is undone.
void compute(pg::Sql& sql, store::ComputedValues& computed, core::RowBuilder::Converted& rows) {
  const pg::Savepoint undone(sql);
  computed.fill_in(rows);
}

void convert_children(pg::Sql& sql, PullPlan& plan, PageChildren& children, const LoadedPage& loaded,
                      core::RowBuilder::Converted& rows) {
  if (plan.children.empty()) return;
  const pg::Savepoint undone(sql);
  children.convert(loaded, rows);
}

// Differences say what the record has; rows that are not there have no children to be looked at.
void compare_lines(pg::Sql& sql, PullPlan& plan, const LoadedPage& loaded, const PageChildren& children,
                   const core::RowBuilder::Converted& converted, store::Comparison& out) {
  const auto with = children.batch(converted.rows);
  if (!with) return;
  std::vector<std::size_t> all(converted.rows.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::size_t before = out.differences.size();
  store::compare_children(sql, plan.write, {converted.cells, plan.write.staged.size() - 1}, *with, all, out);
  for (std::size_t i = before; i < out.differences.size(); ++i) {
    store::Difference& difference = out.differences[i];
    const core::Identity& row = converted.rows[difference.row];
    difference.origin_id = std::string(row.origin_id);
    for (const PullChild& child : plan.children)
      if (child.write.name == difference.column)
        difference.remote = std::string(loaded.page.record(row.record)[child.rows.array()].text.substr(0, kMostShown));
  }
}

// Their rows are shown, too: a record that is not compared is no row that the source does not have. Gives those of
// which only the id can be told.
std::vector<store::Difference> note_shown(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded,
                                          const std::vector<core::Identity>& rows, store::Comparison& out) {
  std::vector<store::Difference> unusable_ones;
  if (rows.empty()) return unusable_ones;
  store::Comparison of_these;
  core::RowBuilder::Converted converted = plan.rows.convert(loaded.page, rows, loaded.arena);
  store::ComputedValues computed(sql, plan.compute);
  if (!plan.compute.columns.empty()) compute(sql, computed, converted);
  PageReferences(sql, plan, loaded.arena).resolve(converted);
  compare_converted(sql, plan, converted, of_these);
  out.shown.insert(out.shown.end(), of_these.shown.begin(), of_these.shown.end());
  std::vector<std::string_view> ids(loaded.page.records());
  for (const core::Identity& row : rows) ids[row.record] = row.origin_id;
  for (const core::RowFault& fault : converted.faults) unusable_ones.push_back(unusable(fault, ids[fault.record]));
  return unusable_ones;
}

// Rows follow their records: one whose record does not go in, or is left out, still has the key that its contract
// knows.
void note_held(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded, const std::vector<std::string>& ids,
               store::Comparison& out) {
  if (ids.empty() || !plan.local_key || plan.local_key->derived()) return;
  const core::LocalKey& keys = *plan.local_key;
  const std::vector<store::Contract> contracts = store::contracts_with_key(sql, plan.spec.mapping_id, ids);
  const std::size_t width = plan.write.staged.size() - 1;
  std::vector<base::Cell> cells(contracts.size() * width), key;
  for (std::size_t i = 0; i < contracts.size(); ++i) {
    key.clear();
    keys.cells(contracts[i].origin_id, contracts[i].local_key, loaded.arena, key);
    for (std::size_t k = 0; k < keys.columns(); ++k) cells[i * width + keys.position(k)] = key[k];
  }
  std::vector<std::size_t> all(contracts.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  store::Comparison of_these;
  store::compare_rows(sql, plan.write, *plan.compare, {cells, width}, all, of_these);
  out.shown.insert(out.shown.end(), of_these.shown.begin(), of_these.shown.end());
}

std::vector<std::string> without_row(const std::vector<store::Difference>& differences,
                                     const std::vector<core::Identity>& passed_over) {
  std::vector<std::string> ids;
  for (const store::Difference& difference : differences)
    if (difference.kind == store::Difference::Kind::unusable ||
        difference.kind == store::Difference::Kind::missing_here)
      if (!difference.origin_id.empty()) ids.push_back(difference.origin_id);
  for (const core::Identity& row : passed_over) ids.emplace_back(row.origin_id);
  return ids;
}

}  // namespace

Compared compare_page(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded) {
  core::Laps laps(plan.timing);
  core::RowBuilder::Identified identified = plan.rows.identify(loaded.page, loaded.arena);
  (void)take_tombstones(plan, loaded, identified.rows);  // as if the listing did not show them
  std::vector<store::Difference> differences;
  for (const core::RowFault& fault : identified.faults) differences.push_back(unusable(fault, {}));
  core::RecordFilter::Split split{.rows = std::move(identified.rows), .passed_over = {}, .faults = {}, .fault_ids = {}};
  if (plan.filter) split = plan.filter->split(loaded.page, split.rows);
  for (std::size_t i = 0; i < split.faults.size(); ++i)
    differences.push_back(unusable(split.faults[i], split.fault_ids[i]));
  plan.rows.set_now(base::now());
  core::RowBuilder::Converted converted = plan.rows.convert(loaded.page, split.rows, loaded.arena);
  store::ComputedValues computed(sql, plan.compute);
  if (!plan.compute.columns.empty()) compute(sql, computed, converted);
  PageChildren children(sql, plan);
  convert_children(sql, plan, children, loaded, converted);
  PageReferences references(sql, plan, loaded.arena);
  references.resolve(converted);
  for (const PageReferences::Waiting& waiting : references.waiting())
    if (!waiting.is_in) differences.push_back(unusable(waiting.fault, waiting.identity.origin_id));
  std::vector<std::string_view> ids(loaded.page.records());
  for (const core::Identity& row : split.rows) ids[row.record] = row.origin_id;
  for (const core::RowFault& fault : converted.faults) differences.push_back(unusable(fault, ids[fault.record]));
  laps.lap(core::Stage::convert);

  store::Comparison found;
  compare_converted(sql, plan, converted, found);
  compare_lines(sql, plan, loaded, children, converted, found);
  const std::vector<store::Difference> passed_over = note_shown(sql, plan, loaded, split.passed_over, found);
  const std::size_t not_compared = differences.size();
  std::size_t rows_that_differ = 0;
  std::optional<std::size_t> last;
  std::ranges::stable_sort(found.differences, {}, &store::Difference::row);
  for (const store::Difference& difference : found.differences)
    if (last != difference.row) last = difference.row, ++rows_that_differ;
  std::ranges::move(found.differences, std::back_inserter(differences));
  note_held(sql, plan, loaded, without_row(differences, split.passed_over), found);
  laps.lap(core::Stage::write);
  store::record_differences(sql, plan.spec, differences);
  store::keep_shown(sql, plan.spec, found.shown);
  store::keep_unusable_shown(sql, plan.spec, plan.write, plan.mapping, differences);
  store::keep_unusable_shown(sql, plan.spec, plan.write, plan.mapping, passed_over);
  laps.lap(core::Stage::contracts);

  Compared out;
  out.differences = differences.size();
  out.counters.pages = 1;
  out.counters.records_read = static_cast<std::int64_t>(loaded.page.records());
  out.counters.failed = static_cast<std::int64_t>(not_compared);
  out.counters.skipped = out.counters.records_read - out.counters.failed - static_cast<std::int64_t>(rows_that_differ);
  out.counters.bytes = loaded.response.wire_bytes;
  return out;
}

TableScan::TableScan(const std::optional<base::Json>& position) {
  if (position) block_ = position->integer_at("block").value_or(0);
}

ApplyOutcome TableScan::step(PullPlan& plan, pg::Oid owner) {
  return in_page_terms(plan, [&] {
    ApplyOutcome outcome;
    pg::Transaction tx(strcat("compare ", plan.spec.mapping, " with its source"));
    pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
    outcome.kind = ApplyOutcome::Kind::lost;
    if (begin_unit() != Unit::usable) return outcome;
    outcome.kind = ApplyOutcome::Kind::busy;
    outcome.busy_on = strcat("a lock on ", plan.write.table.quoted);
    if (!pg::try_lock_table(plan.write.table.oid)) return outcome;
    const std::int64_t blocks = plan.shared_table ? 0 : store::table_blocks(tx, *plan.compare);
    const std::int64_t end = block_ + kBlocksAtOnce;
    if (block_ < blocks) outcome.errors = look(tx, plan);
    const bool last = end >= blocks;
    if (last) store::forget_shown(tx, plan.spec);
    base::Json position = base::Json::object({{"end", base::Json(true)}, {"block", base::Json(end)}});
    const store::Accounted accounted = store::account_verified(tx, plan.spec, position);
    outcome.kind = ApplyOutcome::Kind::lost;
    if (!accounted.ours) return outcome;
    tx.commit();
    outcome.kind = ApplyOutcome::Kind::applied;
    outcome.cancel_requested = accounted.cancel_requested;
    block_ = end;
    done_ = last;
    return outcome;
  });
}

std::size_t TableScan::look(pg::Sql& sql, PullPlan& plan) {
  const std::int64_t end = block_ + kBlocksAtOnce;
  const std::vector<std::int64_t> gone =
      store::not_shown(sql, plan.spec, store::hashes_between(sql, *plan.compare, block_, end));
  if (gone.empty()) return 0;
  std::vector<store::Difference> differences;
  for (std::string& key : store::keys_between(sql, *plan.compare, block_, end, gone))
    differences.push_back({.kind = store::Difference::Kind::missing_there,
                           .row = 0,
                           .origin_id = {},
                           .local_key = std::move(key),
                           .column = {},
                           .local = {},
                           .remote = {},
                           .message = {}});
  store::record_differences(sql, plan.spec, differences);
  store::keep_shown(sql, plan.spec, gone);  // a row that moves to the end of the table is one all the same
  return differences.size();
}

std::optional<core::RunFailure> verify_note(const PullPlan& plan) {
  const std::size_t differences = plan.differences;
  if (differences == 0 && !plan.shared_table) return std::nullopt;
  core::RunFailure note{.code = core::code::kDifferences, .message = {}};
  if (differences > 0)
    note.message = strcat(differences, differences == 1 ? " difference" : " differences", " between ",
                          plan.write.table.quoted, " and its source");
  if (plan.shared_table)
    note.message += strcat(differences > 0 ? "; " : "",
                           "rows that the source does not have were not looked for: "
                           "other mappings write to the table, and no stamp in its key tells their rows apart");
  return note;
}

}  // namespace tandem::worker
