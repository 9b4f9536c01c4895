#include "worker/page_apply.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/rows/failures.hpp"
#include "pg/origin.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "store/contracts.hpp"
#include "store/database_fault.hpp"
#include "store/faults.hpp"
#include "store/retry.hpp"
#include "store/verify.hpp"
#include "worker/background.hpp"
#include "worker/page_rows.hpp"
#include "worker/page_verify.hpp"
#include "worker/schema_watch.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

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
  outcome.failure = core::RunFailure{fault.fault.error_type, fault.fault.code,
                                     strcat(fault.origin_id.empty() ? "a record" : strcat("record ", fault.origin_id),
                                            " does not fit (on_error is \"fail\"): ", fault.fault.message),
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
void keep_proof(pg::Sql& sql, PullPlan& plan, PageResult& result) {
  if (plan.contracts) store::remember(sql, plan.spec.mapping_id, result.applied, result.extras, plan.fresh);
  store::remember_bases(sql, plan.spec.mapping_id, result.agreed);
  if (!plan.deletes || !plan.deletes->keeps_seen()) return;
  store::keep_seen(sql, plan.spec, std::move(result.seen));
  if (plan.deletes->sweeps) store::keep_shown(sql, plan.spec, result.keys);
}

PageResult work_on(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded, ApplyOutcome& outcome) {
  const pg::AppliedBy applied(plan.spec.mapping_id, plan.write.table.oid);
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
  } catch (const TableBusy& busy) {
    ApplyOutcome outcome;
    outcome.kind = ApplyOutcome::Kind::busy;
    outcome.busy_on = busy.table();
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
