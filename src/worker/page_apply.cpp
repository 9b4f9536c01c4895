#include "worker/page_apply.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/failures.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "store/computed_values.hpp"
#include "store/contracts.hpp"
#include "store/database_fault.hpp"
#include "store/faults.hpp"
#include "store/retry.hpp"
#include "store/row_status.hpp"
#include "store/row_writer.hpp"
#include "store/verify.hpp"
#include "worker/background.hpp"
#include "worker/page_children.hpp"
#include "worker/page_deletions.hpp"
#include "worker/page_history.hpp"
#include "worker/page_keys.hpp"
#include "worker/page_references.hpp"
#include "worker/page_tombstones.hpp"
#include "worker/page_verify.hpp"
#include "worker/schema_watch.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

// What became of a page's records, before it is written down.
struct PageResult {
  store::Counters counters;
  std::vector<store::RecordFault> faults;
  std::vector<std::size_t> failed;  // records of the faults
  std::vector<core::Identity> applied, unchanged;
  std::vector<core::Identity> passed_over;  // by the mapping's conditions
  std::size_t tombstones = 0;               // records that say that they are gone
  Buried buried;
  std::vector<bool> same, there;     // by position in the page: remembered like that already; remembered
  std::vector<store::Extra> extras;  // of the applied ones, where their contracts have any
  std::vector<std::int64_t> seen;    // contracts that the page has shown
  std::vector<std::int64_t> keys;    // of records that leave none
  std::size_t kept_out = 0;
  std::vector<store::HistoryEntry> history;
  std::int64_t half_in = 0;  // written, but not with all they refer to: they count as failed, too
};

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

// Of a listing that proves what is gone: everything that it shows, whether the mapping is about it or not.
void note_seen(pg::Sql& sql, const PullPlan& plan, const std::vector<core::Identity>& rows, PageResult& result) {
  if (!plan.deletes || !plan.deletes->keeps_seen()) return;
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
  if (!plan.gate) return rows;
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
  result.kept_out = written.swallowed.size();
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
  if (plan.local_key && !plan.local_key->tells_apart())
    refuse_second_of_a_row(plan, loaded, without(identified.rows, candidates, loaded.page.records()), converted);
  PageReferences references(sql, plan, loaded.arena, &children);
  references.resolve(converted);
  laps.lap(core::Stage::convert);
  history.before_writing(sql, converted);
  laps.lap(core::Stage::write);
  store::RowWriter writer(sql, plan.write, plan.write_state);
  const auto with = children.batch(converted.rows);
  store::WriteResult written = writer.write(converted.cells, converted.rows.size(), pointer_to(with));
  references.resolve_rest(converted, written);
  mark_rows(sql, plan, converted, not_converted, written);
  laps.lap(core::Stage::write);
  add_conversion_faults(result, loaded, candidates, converted.faults);
  add_waiting(result, loaded, references);
  const std::vector<bool> kept_out = tell_apart(plan, loaded, converted, written, result);
  note_keys(plan, loaded, converted, written.swallowed, result);
  result.history = history.entries(converted, kept_out, written.relined, result.faults);
  count(plan, loaded, written, result);
  return result;
}

// A page of the feed of deletions, which has no records to write.
PageResult bury_deletions(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded) {
  PageResult result;
  BuriedPage page = bury_page(sql, plan, loaded);
  for (core::RowFault& fault : page.faults) add_fault(result, loaded, std::move(fault), {});
  result.buried = std::move(page.buried);
  result.kept_out = result.buried.kept_out;
  result.counters = std::move(page.counters);
  return result;
}

// What went in, or was there already as the source has it now, or is not to go in, has no open error any more.
void settle_open_faults(pg::Sql& sql, PullPlan& plan, std::size_t records, const PageResult& result) {
  if (plan.open_faults.empty() && !plan.many_open_faults && !plan.spec.retry) return;
  std::vector<bool> failed(records);
  for (const std::size_t record : result.failed) failed[record] = true;
  std::vector<std::string> settled;
  for (const auto* rows : {&result.applied, &result.unchanged, &result.passed_over, &result.buried.settled})
    for (const core::Identity& row : *rows)
      if (std::string id(row.origin_id);
          !failed[row.record] && (plan.many_open_faults || plan.spec.retry || plan.open_faults.contains(id)))
        settled.push_back(std::move(id));
  store::resolve_faults(sql, plan.spec, settled);
}

// A record may come again within the listing.
void note_open_faults(PullPlan& plan, const PageResult& result) {
  for (const store::RecordFault& fault : result.faults)
    if (!fault.origin_id.empty() && !plan.many_open_faults) plan.open_faults.insert(fault.origin_id);
  plan.many_open_faults = plan.many_open_faults || plan.open_faults.size() > kMostOpenFaults;
  if (plan.many_open_faults) plan.open_faults.clear();
}

void settle_retried(pg::Sql& sql, const PullPlan& plan, const LoadedPage& loaded, const PageResult& result) {
  std::vector<bool> failed(loaded.errors.size());
  store::Retried retried{.errors = loaded.errors, .went_in = {}, .failed = {}};
  for (const std::size_t record : result.failed) {
    if (!failed[record]) retried.failed.push_back(loaded.errors[record]);
    failed[record] = true;
  }
  for (const auto* rows : {&result.applied, &result.unchanged})
    for (const core::Identity& row : *rows)
      if (!failed[row.record]) retried.went_in.push_back(loaded.errors[row.record]);
  store::settle_retried(sql, plan.spec, retried);
}

// on_error = fail: the page was rolled back; the first bad record is kept as the reason.
ApplyOutcome refuse_page(PullPlan& plan, pg::Oid owner, const store::RecordFault& fault) {
  pg::Transaction tx(strcat("record an error of ", plan.spec.mapping));
  pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
  store::record_faults(tx, plan.spec, std::span(&fault, 1));
  tx.commit();
  ApplyOutcome outcome;
  outcome.kind = ApplyOutcome::Kind::failed;
  outcome.failure = core::RunFailure{
      fault.fault.error_type, fault.fault.code,
      strcat("record ", fault.origin_id, " does not fit (on_error is \"fail\"): ", fault.fault.message),
      fault.fault.suggestion, false};
  return outcome;
}

// How old changed records are when they are in the table, by the source's clock.
core::Latencies latencies_after(const PullPlan& plan, const LoadedPage& loaded) {
  core::Latencies latencies = plan.latencies;
  if (plan.spec.verify) return latencies;
  const base::Instant now = {base::now().micros + plan.spec.clock_offset_ms * 1000};
  for (const base::Instant& changed : loaded.changed) latencies.add(now.micros - changed.micros);
  return latencies;
}

// What the run says of itself, in the page's own transaction.
void note_page(pg::Sql& sql, PullPlan& plan, const LoadedPage& loaded, const core::Latencies& latencies,
               store::Counters& counters, base::Micros began) {
  const base::Micros now = base::monotonic();
  const auto number = [](std::int64_t value) { return base::Json(value); };
  if (plan.mapping.run_log) {
    const auto entry =
        store::RunLog::entry(store::RunLog::Level::info, "apply", strcat("page ", loaded.at.page + 1, " is written"),
                             {{"page", number(loaded.at.page + 1)},
                              {"ms", number((now - began) / 1000)},
                              {"records", number(counters.records_read)},
                              {"created", number(counters.created)},
                              {"updated", number(counters.updated)},
                              {"deleted", number(counters.deleted)},
                              {"skipped", number(counters.skipped)},
                              {"failed", number(counters.failed)}});
    plan.log.write(sql, plan.spec, &entry);
  }
  counters.timing = plan.timing.json(now).dump();
  counters.latency = latencies.json().dump();
}

// What is known of the page's records from now on, and what its listing has shown.
void keep_proof(pg::Sql& sql, const PullPlan& plan, PageResult& result) {
  if (plan.contracts) store::remember(sql, plan.spec.mapping_id, result.applied, result.extras);
  if (!plan.deletes || !plan.deletes->keeps_seen()) return;
  store::keep_seen(sql, plan.spec, std::move(result.seen));
  if (plan.deletes->sweeps) store::keep_shown(sql, plan.spec, result.keys);
}

PageResult work_on(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded, ApplyOutcome& outcome) {
  if (loaded.at.feed) return bury_deletions(sql, plan, loaded);
  if (!plan.spec.verify) return write_rows(sql, plan, loaded);
  PageResult result;
  Compared compared = compare_page(sql, plan, loaded);
  result.counters = std::move(compared.counters);
  outcome.errors = compared.differences;
  return result;
}

// Everything between begin and commit. Sets `bad` instead of committing when a bad record ends the run.
ApplyOutcome apply_in_transaction(PullPlan& plan, LoadedPage& loaded, pg::Oid owner,
                                  std::optional<store::RecordFault>& bad) {
  ApplyOutcome outcome;
  const base::Micros began = base::monotonic();
  pg::Transaction tx(strcat("apply page ", loaded.at.page + 1, " of ", plan.spec.mapping));
  pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
  pg::flush_later();
  if (begin_unit() != Unit::usable) {
    outcome.kind = ApplyOutcome::Kind::lost;
    return outcome;
  }
  if (const std::string held = lock_tables(plan); !held.empty()) {
    outcome.kind = ApplyOutcome::Kind::busy;
    outcome.busy_on = strcat("a lock on ", held);
    return outcome;
  }
  PageResult result = work_on(tx, plan, loaded, outcome);
  if (plan.mapping.on_error == core::OnError::fail && !plan.spec.retry) {
    const auto is_bad = [](const store::RecordFault& fault) { return fault.fault.waits_for == 0; };
    if (const auto found = std::ranges::find_if(result.faults, is_bad); found != result.faults.end()) {
      bad = *found;
      return outcome;
    }
  }
  core::Laps laps(plan.timing);
  keep_proof(tx, plan, result);
  laps.lap(core::Stage::contracts);
  store::record_faults(tx, plan.spec, result.faults);
  store::record_history(tx, plan.spec, result.history);
  settle_open_faults(tx, plan, loaded.page.records(), result);
  if (plan.spec.retry) settle_retried(tx, plan, loaded, result);
  if (loaded.shape) note_shape(tx, plan, *loaded.shape);
  core::Latencies latencies = latencies_after(plan, loaded);
  note_page(tx, plan, loaded, latencies, result.counters, began);
  base::Json position = loaded.stored;
  if (plan.deletes) store_proof(*plan.deletes, position);
  const store::Accounted accounted = store::account_page(tx, plan.spec, result.counters, position, loaded.total);
  if (!accounted.ours) {
    outcome.kind = ApplyOutcome::Kind::lost;
    return outcome;
  }
  tx.commit();
  note_open_faults(plan, result);
  plan.log.written();
  plan.latencies = std::move(latencies);
  outcome.errors += result.faults.size() + result.buried.failed;
  outcome.held_back = static_cast<std::size_t>(result.buried.held_back);
  if (plan.deletes) plan.deletes->counts.deleted += result.buried.deleted;
  if (plan.deletes) plan.deletes->counts.held_back += result.buried.held_back;
  outcome.proof = !plan.deletes || plan.deletes->sweeps;
  outcome.kept_out = result.kept_out;
  outcome.cancel_requested = accounted.cancel_requested;
  return outcome;
}

}  // namespace

ApplyOutcome apply_page(PullPlan& plan, LoadedPage& loaded, pg::Oid owner) {
  return in_page_terms(plan, [&] {
    std::optional<store::RecordFault> bad;
    ApplyOutcome outcome = apply_in_transaction(plan, loaded, owner, bad);
    if (outcome.kind == ApplyOutcome::Kind::applied && !bad && loaded.shape) evolve_table(plan, owner);
    return bad ? refuse_page(plan, owner, *bad) : outcome;
  });
}

ApplyOutcome in_page_terms(const PullPlan& plan, const std::function<ApplyOutcome()>& transaction) {
  try {
    return transaction();
  } catch (const pg::Error& error) {  // the transaction is gone by now
    // A statement that was cancelled, or took too long, ends its run. What ends the process does not come this way.
    if (error.is_cancel() && error.sqlstate() != "57014") throw;
    ApplyOutcome outcome;
    outcome.failure = store::run_failure(error);
    outcome.kind = error.is_transient() ? ApplyOutcome::Kind::busy : ApplyOutcome::Kind::failed;
    outcome.busy_on = error.sqlstate() == "55P03" ? strcat("a lock on a row of ", plan.write.table.quoted)
                                                  : std::string(error.message());
    return outcome;
  } catch (const base::Failure& failure) {
    ApplyOutcome outcome;
    outcome.kind = ApplyOutcome::Kind::failed;
    outcome.failure = core::failure_of_error(failure.error());
    return outcome;
  }
}

LoadedPage record_alone(const LoadedPage& loaded, std::size_t record) {
  LoadedPage alone;
  alone.at = loaded.at;
  alone.page.fields = loaded.page.fields;
  alone.page.raw = {loaded.page.raw[record]};
  const std::span<const base::Value> values = loaded.page.record(record);
  alone.page.values.assign(values.begin(), values.end());
  return alone;
}

TriedRecord try_record(pg::Sql& sql, PullPlan& plan, LoadedPage& alone) {
  PageResult result = write_rows(sql, plan, alone);
  TriedRecord tried;
  if (!result.faults.empty()) {
    tried.kind = TriedRecord::Kind::failed;
    tried.fault = std::move(result.faults.front().fault);
  } else if (result.tombstones > 0) {
    tried.kind = result.buried.deleted > 0 ? TriedRecord::Kind::deleted : TriedRecord::Kind::gone;
  } else if (!result.passed_over.empty()) {
    tried.kind = TriedRecord::Kind::passed_over;
  } else if (result.counters.created > 0) {
    tried.kind = TriedRecord::Kind::inserted;
  } else if (result.counters.updated > 0) {
    tried.kind = TriedRecord::Kind::updated;
  } else if (result.kept_out > 0) {
    tried.kind = TriedRecord::Kind::kept_out;
  }
  return tried;
}

}  // namespace tandem::worker
