#include "worker/sweep.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/mapping/deletes.hpp"
#include "core/rows/failures.hpp"
#include "pg/origin.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "store/database_fault.hpp"
#include "worker/background.hpp"
#include "worker/page_apply.hpp"
#include "worker/page_keys.hpp"
#include "worker/twoway_deletes.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr std::size_t kAtOnce = 1000;        // rows per transaction
constexpr std::int64_t kLookAhead = 20'000;  // contracts found at a time

}  // namespace

Sweep::Outcome Sweep::step(PullPlan& plan, pg::Oid owner) {
  const Sweep before = *this;
  const PullDeletes::Counts counts = plan.deletes->counts;
  const auto undo = [&] {  // what was not committed has not happened
    *this = before;
    plan.deletes->counts = counts;
  };
  try {
    return transaction(plan, owner);
  } catch (const pg::Error& error) {  // the transaction is gone by now
    undo();
    if (error.is_cancel() && error.sqlstate() != "57014") throw;
    Outcome outcome{.kind = error.is_transient() ? Outcome::Kind::busy : Outcome::Kind::failed,
                    .busy_on = std::string(error.message())};
    outcome.failure = store::run_failure(error);
    outcome.failure->message = strcat("deleting what is gone: ", error.message());
    return outcome;
  } catch (const TableBusy& busy) {
    undo();
    return {.kind = Outcome::Kind::busy, .busy_on = busy.table()};
  } catch (const base::Failure& failure) {
    undo();
    return {.kind = Outcome::Kind::failed, .failure = core::failure_of_error(failure.error())};
  }
}

Sweep::Outcome Sweep::transaction(PullPlan& plan, pg::Oid owner) {
  pg::Transaction tx(strcat("delete what is gone from ", plan.spec.mapping));
  pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
  if (begin_unit() != Unit::usable) return {.kind = Outcome::Kind::lost};
  if (const std::string held = lock_tables(plan); !held.empty())
    return {.kind = Outcome::Kind::busy, .busy_on = strcat("a lock on ", held)};
  Outcome outcome = begun_ ? go_on(tx, plan) : begin(tx, plan);
  if (outcome.kind != Outcome::Kind::lost) tx.commit();
  return outcome;
}

Sweep::Outcome Sweep::begin(pg::Sql& sql, PullPlan& plan) {
  PullDeletes& deletes = *plan.deletes;
  const std::optional<store::SweepFacts> facts = store::sweep_facts(sql, plan.spec);
  if (!facts) return {.kind = Outcome::Kind::lost};
  if (facts->total && facts->records_read < *facts->total) {
    lose_proof(deletes, strcat("the source says that there are ", *facts->total, " records, and ", facts->records_read,
                               " came"));
    return {.kind = Outcome::Kind::done};
  }
  unseen_ = store::load_seen(sql, plan.spec).unseen(deletes.limit);
  store::forget_pending(sql, plan.spec, unseen_);
  if (deletes.rescoped) deletes.counts.uncovered = store::leave_uncovered(sql, plan.spec, unseen_, deletes.scope);
  if (deletes.rescoped || !deletes.allowed) unseen_ = store::without_uncovered(sql, plan.spec, unseen_);
  after_ = found_ = plan.spec.position ? plan.spec.position->string_at("swept").value_or("") : "";
  const store::GoneCount count = store::count_gone(sql, plan.spec.mapping_id, unseen_);
  deletes.counts.deleted = facts->deleted;
  const std::int64_t left =
      deletes.allowed ? std::max<std::int64_t>(0, *deletes.allowed - deletes.counts.deleted) : count.gone;
  const bool braked =
      !deletes.allowed && count.gone > 0 &&
      (facts->records_read == 0 || deletes.counts.held_back > 0 ||
       too_many(plan.mapping.delete_brake, deletes.counts.deleted + count.gone, deletes.counts.deleted + count.live));
  allowed_ = braked ? 0 : std::min(left, count.gone);
  held_back_ = count.gone - allowed_;
  believed_ = !braked && !deletes.rescoped && facts->records_read > 0;
  begun_ = true;
  return go_on(sql, plan);
}

Sweep::Outcome Sweep::go_on(pg::Sql& sql, PullPlan& plan) {
  Outcome outcome;
  if (gone_.empty() && !all_found_ && allowed_ > 0) find_more(sql, plan);
  std::vector<store::Contract> now;
  for (; !gone_.empty() && now.size() < kAtOnce && allowed_ > 0; --allowed_) {
    now.push_back(std::move(gone_.front()));
    gone_.pop_front();
  }
  if (!now.empty()) {
    const Deleted deleted = [&] {
      const pg::AppliedBy applied(plan.spec.mapping_id, plan.write.table.oid);
      return delete_gone(sql, plan, now);
    }();
    after_ = now.back().origin_id;
    if (plan.deletes->allowed) store::forget_pending(sql, plan.spec, deleted.gone);
    plan.deletes->counts.deleted += deleted.rows;
    errors_ += deleted.faults.size();
    kept_out_ += static_cast<std::size_t>(deleted.kept);
    if (!account(sql, plan, deleted.rows, static_cast<std::int64_t>(deleted.faults.size()), outcome)) return outcome;
  }
  if (allowed_ > 0 && (!gone_.empty() || !all_found_)) return outcome;
  if (held_back_ > 0) store::hold_back(sql, plan.spec, unseen_, after_);
  if (believed_ && plan.spec.open_errors > 0) store::resolve_faults_of_gone(sql, plan.spec);
  plan.deletes->counts.held_back += held_back_;
  outcome.kind = Outcome::Kind::done;
  return outcome;
}

void Sweep::find_more(pg::Sql& sql, PullPlan& plan) {
  std::vector<store::Contract> gone =
      store::next_contracts(sql, plan.spec.mapping_id, unseen_, store::Which::gone, found_, kLookAhead);
  all_found_ = gone.size() < static_cast<std::size_t>(kLookAhead);
  if (gone.empty()) return;
  found_ = gone.back().origin_id;
  if (!plan.local_key->exact()) {
    drop_superseded(sql, plan.spec, *plan.local_key, unseen_, gone);
    spare_shown(sql, plan, gone);
  }
  for (store::Contract& contract : gone) gone_.push_back(std::move(contract));
}

bool Sweep::account(pg::Sql& sql, PullPlan& plan, std::int64_t deleted, std::int64_t failed, Outcome& outcome) {
  base::Json position = listed_before(plan.spec) ? *plan.spec.position : plan.listing.stored(std::nullopt);
  store_proof(*plan.deletes, position);
  position.set("swept", base::Json(after_));
  const store::Accounted accounted = store::account_sweep(sql, plan.spec, deleted, failed, position);
  outcome.cancel_requested = accounted.cancel_requested;
  if (!accounted.ours) outcome.kind = Outcome::Kind::lost;
  return accounted.ours;
}

}  // namespace tandem::worker
