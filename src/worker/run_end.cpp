#include "worker/pull_deletes.hpp"
#include "worker/run_end.hpp"

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/rows/failures.hpp"
#include "core/mapping/chain.hpp"
#include "pg/error.hpp"
#include "pg/log.hpp"
#include "pg/session.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "store/chain.hpp"
#include "store/mapping_order.hpp"
#include "store/outbox_items.hpp"
#include "store/push_runs.hpp"
#include "store/retry.hpp"
#include "worker/background.hpp"
#include "worker/page_apply.hpp"
#include "worker/wake.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

// The owner's code, in the owner's session. What it did is undone when it fails.
std::optional<core::RunFailure> call_function(pg::Sql& sql, const store::RunSpec& spec, const std::string& function) {
  try {
    pg::Savepoint savepoint(sql);
    store::call_follow_up(sql, function, spec.run);
    savepoint.release();
    return std::nullopt;
  } catch (const pg::Error& error) {
    if ((error.is_cancel() && error.sqlstate() != "57014") || error.is_transient()) throw;
    return core::RunFailure{core::error_type::kDatabase, core::code::kFollowUpFailed,
                            strcat("follow-up ", function, " failed: ", error.message()), std::string(error.hint()),
                            true};
  }
}

// Those of the run's follow-ups that are functions, one after the other. The last one that fails is told.
void call_functions(pg::Sql& sql, const store::RunSpec& spec, const std::vector<core::FollowUp>& follow_ups,
                    store::Closing& closing) {
  for (const core::FollowUp& follow_up : follow_ups) {
    if (follow_up.function.empty()) continue;
    auto problem = call_function(sql, spec, follow_up.function);
    if (!problem) continue;
    closing.status = core::RunStatus::partial;
    closing.note = std::move(problem);
  }
}

// Local changes that had to wait until the other side was looked at.
void release_changes(pg::Sql& sql, const store::RunSpec& spec) {
  store::wake_items(sql, store::waits_for_pull(spec.mapping_id));
  wake_scheduler_at_commit();
}

core::RunFailure not_started(const std::vector<std::string>& names) {
  return {core::error_type::kSystem, core::code::kFollowUpFailed,
          strcat("follow-up ", base::join(names, ", "), " was not started: it is gone, disabled or somebody else's"),
          "SELECT * FROM tandem.mapping_status;", false};
}

void end_run(const store::RunSpec& spec, pg::Oid owner, const store::Closing& closing) {
  pg::Transaction tx(strcat("finish the run of ", spec.mapping));
  pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
  if (begin_unit() != Unit::usable || !finish_run(tx, spec, closing)) return;
  tx.commit();
  say(spec, core::run_status_name(closing.status));
}

}  // namespace

void say(const store::RunSpec& spec, std::string_view what) {
  if (pg::settings().log_level == 0) return;
  pg::log(pg::Level::log, strcat("tandem: run ", spec.run, " of ", spec.mapping, " ", what));
}

bool finish_run(pg::Sql& sql, const store::RunSpec& spec, store::Closing closing) {
  const bool to_its_end = closing.status == core::RunStatus::completed || closing.status == core::RunStatus::partial;
  // A retry that changed nothing has nothing to be followed by.
  const bool followed_up = to_its_end && !spec.verify && (!spec.retry || store::has_written(sql, spec));
  const std::vector<core::FollowUp> follow_ups =
      followed_up ? core::follow_ups_of(spec.definition) : std::vector<core::FollowUp>{};
  call_functions(sql, spec, follow_ups, closing);
  const store::Relatives relatives = store::lock_and_look_for_relatives(sql, spec);
  if (followed_up) {
    const store::Followed followed = store::start_following(sql, spec, follow_ups, relatives.after);
    if (followed.started) wake_scheduler_at_commit();
    if (!followed.impossible.empty() && !closing.note) closing.note = not_started(followed.impossible);
  }
  if ((relatives.refer || relatives.records) && store::wake_waiting(sql, spec)) wake_scheduler_at_commit();
  if (relatives.refer && store::holds_up_others(sql, spec)) wake_scheduler_at_commit();
  if (to_its_end && !spec.push && spec.definition.string_at("direction") == "both") release_changes(sql, spec);
  return store::close_run(sql, spec, closing);
}

std::vector<std::int64_t> finish_plain_runs(pg::Oid owner, std::span<const store::RunToClose> runs) {
  try {
    pg::Transaction tx(strcat("finish ", runs.size(), " runs"));
    pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() != Unit::usable) return {};
    std::vector<std::int64_t> ended = store::close_plain_runs(tx, runs);
    tx.commit();
    return ended;
  } catch (const pg::Error& error) {  // the transaction is gone by now, and with it what was done
    if (error.is_cancel() && error.sqlstate() != "57014") throw;
    return {};
  }
}

void postpone_run(const store::RunSpec& spec, pg::Oid owner, const std::string& waiting_on) {
  pg::Transaction tx(strcat("put off ", spec.mapping));
  pg::reset_session(owner, kLockTimeoutMs, 0);
  store::postpone_run(tx, spec, base::Instant{base::now().micros + base::kSecond}, waiting_on);
  wake_scheduler_at_commit();  // it sets the alarm
  tx.commit();
}

void fail_run(const store::RunSpec& spec, pg::Oid owner, const core::RunFailure& failure) {
  store::Closing closing;
  closing.status = core::RunStatus::failed;
  closing.failure = failure;
  closing.resume = spec.position && !spec.full ? spec.position : spec.resume;
  if (spec.position && !spec.full) closing.cursor = spec.position->string_at("safe");  // as far as it came before
  end_run(spec, owner, closing);
}

void complete_run(const store::RunSpec& spec, pg::Oid owner) {
  store::Closing closing;
  closing.status = spec.failed + spec.held_back > 0 ? core::RunStatus::partial : core::RunStatus::completed;
  if (spec.held_back > 0)
    closing.note = held_back_note(spec, spec.held_back, spec.deleted, spec.delete_limit.has_value());
  closing.cursor = spec.position->string_at("cursor");
  if (const auto pass = spec.position->integer_at("pass")) {
    if (spec.position->boolean_at("fed").value_or(false)) closing.complete_pass = pass;
    if (spec.held_back == 0) closing.deletions = spec.position->string_at("deletions");
    closing.deletions_gap = spec.position->boolean_at("gap").value_or(false);
    if (*closing.deletions_gap && !closing.note) closing.note = gap_note(spec, false);
  }
  if (spec.position->boolean_at("forgotten").value_or(false) &&
      spec.definition.string_at("delete_mode").value_or("ignore") != "ignore") {
    closing.deletions_gap = true;
    closing.note = gap_note(spec, true);
  }
  end_run(spec, owner, closing);
}

}  // namespace tandem::worker
