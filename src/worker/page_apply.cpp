#include "worker/page_apply.hpp"

#include "base/strings.hpp"
#include "core/failures.hpp"
#include "pg/error.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "store/contracts.hpp"
#include "store/faults.hpp"
#include "worker/background.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr std::int64_t kStatementTimeoutMs = 300'000;

// What became of a page's records, before it is written down.
struct PageResult {
  store::Counters counters;
  std::vector<store::RecordFault> faults;
  std::vector<core::Identity> applied;
  std::size_t kept_out = 0;
};

void add_fault(PageResult& result, const LoadedPage& loaded, core::RowFault fault, std::string_view origin_id) {
  result.faults.push_back({std::move(fault), std::string(origin_id), loaded.page.raw[fault.record]});
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

PageResult write_rows(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded) {
  PageResult result;
  core::RowBuilder::Identified identified = plan.rows.identify(loaded.page, loaded.arena);
  for (core::RowFault& fault : identified.faults) add_fault(result, loaded, std::move(fault), {});
  const std::vector<core::Identity> candidates =
      plan.gate ? store::changed_since_last_seen(sql, plan.spec.mapping_id, identified.rows)
                : std::move(identified.rows);
  core::RowBuilder::Converted converted = plan.rows.convert(loaded.page, candidates, loaded.arena);
  add_conversion_faults(result, loaded, candidates, converted.faults);
  store::RowWriter writer(sql, plan.write, plan.first_load);
  store::WriteResult written = writer.write(converted.cells, converted.rows.size());
  std::vector<bool> kept_out(converted.rows.size());
  for (core::RowFault& fault : written.faults) {
    const core::Identity& row = converted.rows[fault.record];
    kept_out[fault.record] = true;
    fault.record = row.record;
    add_fault(result, loaded, std::move(fault), row.origin_id);
  }
  for (const std::size_t row : written.swallowed) kept_out[row] = true;
  result.kept_out = written.swallowed.size();
  for (std::size_t i = 0; i < converted.rows.size(); ++i)
    if (!kept_out[i]) result.applied.push_back(converted.rows[i]);

  store::Counters& counters = result.counters;
  counters.pages = 1;
  counters.records_read = static_cast<std::int64_t>(loaded.page.records());
  counters.created = static_cast<std::int64_t>(written.created);
  counters.updated = static_cast<std::int64_t>(written.updated);
  counters.failed = static_cast<std::int64_t>(result.faults.size());
  counters.skipped = counters.records_read - counters.created - counters.updated - counters.failed;
  counters.bytes = loaded.response.wire_bytes;
  return result;
}

void settle_open_faults(pg::Sql& sql, PullPlan& plan, const PageResult& result) {
  if (plan.open_faults.empty()) return;
  std::vector<std::string> settled;
  for (const core::Identity& row : result.applied)
    if (auto found = plan.open_faults.find(std::string(row.origin_id)); found != plan.open_faults.end())
      settled.push_back(*found);
  store::resolve_faults(sql, plan.spec, settled);
}

core::RunFailure failure_of(const pg::Error& error) {
  const core::DatabaseFault fault = core::fault_of_sqlstate(error.sqlstate());
  return {fault.error_type, fault.code, std::string(error.message()),
          std::string(error.hint().empty() ? fault.suggestion : error.hint()), fault.transient};
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

// Everything between begin and commit. Sets `bad` instead of committing when a bad record ends the run.
ApplyOutcome apply_in_transaction(PullPlan& plan, LoadedPage& loaded, pg::Oid owner,
                                  std::optional<store::RecordFault>& bad) {
  ApplyOutcome outcome;
  pg::Transaction tx(strcat("apply page ", loaded.at.page + 1, " of ", plan.spec.mapping));
  pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
  if (begin_unit() != Unit::usable) {
    outcome.kind = ApplyOutcome::Kind::lost;
    return outcome;
  }
  if (!pg::try_lock_table(plan.write.table.oid)) {
    outcome.kind = ApplyOutcome::Kind::busy;
    outcome.busy_on = strcat("a lock on ", plan.write.table.quoted);
    return outcome;
  }
  PageResult result = write_rows(tx, plan, loaded);
  if (!result.faults.empty() && plan.mapping.on_error == core::OnError::fail) {
    bad = result.faults.front();
    return outcome;
  }
  if (plan.contracts) store::remember(tx, plan.spec.mapping_id, result.applied);
  store::record_faults(tx, plan.spec, result.faults);
  settle_open_faults(tx, plan, result);
  const base::Json position = loaded.next ? stored_position(*loaded.next, plan.began) : end_position(plan.watermark);
  const store::Accounted accounted = store::account_page(tx, plan.spec, result.counters, position, loaded.total);
  if (!accounted.ours) {
    outcome.kind = ApplyOutcome::Kind::lost;
    return outcome;
  }
  tx.commit();
  outcome.errors = result.faults.size();
  outcome.kept_out = result.kept_out;
  outcome.cancel_requested = accounted.cancel_requested;
  return outcome;
}

}  // namespace

ApplyOutcome apply_page(PullPlan& plan, LoadedPage& loaded, pg::Oid owner) {
  try {
    std::optional<store::RecordFault> bad;
    ApplyOutcome outcome = apply_in_transaction(plan, loaded, owner, bad);
    return bad ? refuse_page(plan, owner, *bad) : outcome;
  } catch (const pg::Error& error) {  // the transaction is gone by now
    // A statement that was cancelled, or took too long, ends its run. What ends the process does not come this way.
    if (error.is_cancel() && error.sqlstate() != "57014") throw;
    ApplyOutcome outcome;
    outcome.failure = failure_of(error);
    outcome.kind = error.is_transient() ? ApplyOutcome::Kind::busy : ApplyOutcome::Kind::failed;
    outcome.busy_on = std::string(error.message());
    return outcome;
  } catch (const base::Failure& failure) {
    ApplyOutcome outcome;
    outcome.kind = ApplyOutcome::Kind::failed;
    outcome.failure = core::failure_of_error(failure.error());
    return outcome;
  }
}

}  // namespace tandem::worker
