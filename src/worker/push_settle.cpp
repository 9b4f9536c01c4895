#include "worker/push_settle.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/push/merge.hpp"
#include "core/push/remedy.hpp"
#include "pg/origin.hpp"
#include "store/batches.hpp"
#include "store/conflicts.hpp"
#include "store/decided_rows.hpp"
#include "store/outbox_items.hpp"
#include "store/push_contracts.hpp"
#include "store/push_runs.hpp"
#include "store/runs.hpp"
#include "worker/push_faults.hpp"
#include "worker/push_values.hpp"
#include "worker/push_write_back.hpp"
#include "worker/wake.hpp"

namespace tandem::worker {

namespace {

using core::Outcome;
using Op = core::OutChange::Op;

constexpr base::Micros kFirstBackoff = base::kSecond, kLongestBackoff = 15 * 60 * base::kSecond;
constexpr base::Micros kAfterPull = base::kSecond;
constexpr std::int64_t kMostAttempts = 8;  // of one change, as far as they count

// Who may be tried again when, together.
struct Release {
  base::Instant not_before;
  bool counts;
  bool operator<(const Release& other) const {
    return std::pair(not_before.micros, counts) < std::pair(other.not_before.micros, other.counts);
  }
};

class Settle {
 public:
  Settle(pg::Sql& sql, PushPlan& plan) : sql_(sql), plan_(plan) {}

  SettleResult operator()(std::vector<AnsweredRequest>& answered) {
    for (AnsweredRequest& one : answered) {
      result_.bytes += one.response.wire_bytes;
      for (std::size_t i = 0; i < one.outcomes.size(); ++i)
        settle(one.request.changes[i], one.request.claimed[i], one.outcomes[i]);
    }
    write();
    return std::move(result_);
  }

 private:
  void settle(const core::OutChange& change, ClaimedChange& claimed, Outcome& outcome) {
    switch (outcome.kind) {
      case Outcome::Kind::settled:
        return accept(change, claimed, outcome);
      case Outcome::Kind::refused:
        return park(claimed, outcome);
      case Outcome::Kind::later:
        return later(claimed, outcome);
      case Outcome::Kind::ambiguous:
        return unknown(change, claimed, outcome);
      case Outcome::Kind::conflict:
        return other_version(change, claimed);
      case Outcome::Kind::gone:
        return gone(change, claimed, outcome);
      case Outcome::Kind::exists:
        return exists(claimed, outcome);
    }
  }

  void accept(const core::OutChange& change, ClaimedChange& claimed, Outcome& outcome) {
    settled_.push_back(claimed.item);
    keys_.push_back(claimed.key);
    const bool removed = change.op == Op::remove || claimed.soft;
    ++(removed ? result_.deleted : change.op == Op::update ? result_.updated : result_.created);
    plan_.latencies.add(base::now().micros - claimed.captured_at.micros);
    if (plan_.of_events) return;
    std::string id = outcome.remote_id.empty() ? change.remote_id : outcome.remote_id;
    if (id.empty()) id = change.local_key;  // it gives none: the row's own key stands for it
    if (claimed.batch != 0) outcomes_.push_back({claimed.item, claimed.version, id});
    acknowledged_.push_back({.origin_id = id,
                             .local_key = claimed.local_key,
                             .action = removed                   ? 'd'
                                       : change.op == Op::update ? 'u'
                                                                 : 'c',
                             .remote_version = outcome.version,
                             .sent_hash = claimed.sent_hash,
                             .row_hash = claimed.row_hash,
                             .base = claimed.base});
    if (change.op == Op::create || change.op == Op::upsert) woken_ = true;
    if (!removed && claimed.there && claimed.given.empty())
      write_back_.push_back(
          {claimed.item, claimed.key, id != change.remote_id ? id : std::string(), std::move(outcome.record)});
  }

  void park(const ClaimedChange& claimed, const Outcome& outcome) {
    parked_.push_back(claimed.item);
    ++result_.failed;
    add_fault(claimed, outcome, outcome.retryable);
  }

  void add_fault(const ClaimedChange& claimed, const Outcome& outcome, bool retryable) {
    faults_.push_back(push_fault(plan_, claimed,
                                 {.error_type = outcome.error_type,
                                  .code = outcome.code,
                                  .field = outcome.field,
                                  .message = outcome.message,
                                  .suggestion = outcome.suggestion,
                                  .retryable = retryable}));
  }

  // What fails again and again for itself alone waits for a person; what fails with everything else waits with that.
  void later(const ClaimedChange& claimed, const Outcome& outcome) {
    if (outcome.counted && !outcome.stops && claimed.attempts >= kMostAttempts) return park(claimed, outcome);
    if (outcome.stops) return stop(claimed, outcome);
    // Nothing was wrong with it: it stood beside a record that was refused.
    const bool at_once = !outcome.counted && outcome.code == core::code::kRecordRefused;
    const base::Micros wait = std::max(outcome.after.value_or(0), backoff(claimed.attempts));
    const base::Instant until = at_once ? base::Instant{} : base::Instant{base::now().micros + wait};
    released_[{until, outcome.counted}].push_back(claimed.item);
  }

  void stop(const ClaimedChange& claimed, const Outcome& outcome) {
    stop_after_ = std::max(stop_after_, outcome.after.value_or(0));
    result_.unwanted = result_.unwanted || outcome.unwanted;
    if (!result_.failure || outcome.unwanted)
      result_.failure = core::RunFailure{outcome.error_type, outcome.code, outcome.message, outcome.suggestion, true};
    released_[{base::Instant{}, outcome.counted}].push_back(claimed.item);
  }

  // The claim of another turn finds out what became of it, or whoever takes the run after us; or a person, who is told
  // at once.
  void unknown(const core::OutChange& change, const ClaimedChange& claimed, const Outcome& outcome) {
    if (core::replayable(plan_.composer.write(), change.op)) {
      released_[{base::Instant{base::now().micros + backoff(claimed.attempts)}, true}].push_back(claimed.item);
      return;
    }
    const core::NextStepAt next = core::next_step(
        plan_.composer.write(), {.op = change.op, .key_known = has_value(change.record, plan_.external_key)});
    if (next.step != core::NextStep::hold) return ambiguous_.push_back(claimed.item);
    held_.push_back(claimed.item);
    ++result_.failed;
    Outcome told = outcome;
    if (std::string_view(told.code) != core::code::kNoIdGiven &&
        std::string_view(told.code) != core::code::kResultsUnfit &&
        std::string_view(told.code) != core::code::kUnknownOutcome) {  // there was no answer
      told.code = core::code::kUnknownOutcome;
      told.message = base::strcat("sent, and nothing tells whether it arrived: ", outcome.message);
      told.suggestion = kLookFirst;
    }
    add_fault(claimed, told, true);
  }

  // One way, ours is the one that counts: it is sent again without a condition. Both ways, a pull looks first what has
  // become of the record, and merges.
  void other_version(const core::OutChange& change, const ClaimedChange& claimed) {
    ++result_.conflicts;
    if (plan_.mapping.pulls() && !plan_.object.version.empty() && claimed.attempts < kMostAttempts) {
      pull_ = true;
      released_[{base::Instant{base::now().micros + kAfterPull * claimed.attempts}, true}].push_back(claimed.item);
      return;
    }
    forget_version_.push_back(change.remote_id);
    released_[{base::Instant{}, true}].push_back(claimed.item);
  }

  // What was deleted there is made anew, unless the mapping only updates.
  void gone(const core::OutChange& change, const ClaimedChange& claimed, const Outcome& outcome) {
    if (plan_.rules.write_mode == core::WriteMode::update || claimed.attempts >= kMostAttempts)
      return park(claimed, outcome);
    gone_.push_back({.origin_id = change.remote_id, .local_key = claimed.local_key, .action = 'd'});
    const core::DeleteAgainstEdit what{.edited_at = claimed.captured_at};
    const auto verdict = plan_.mapping.pulls() ? core::merge_delete(what, plan_.mapping.push.conflict_delete)
                                               : core::DeleteVerdict::restore;
    if (verdict == core::DeleteVerdict::remove) {
      ++result_.conflicts;
      removed_.push_back(claimed.key);
      return settled_.push_back(claimed.item);
    }
    if (verdict == core::DeleteVerdict::conflict) {
      ++result_.conflicts;
      conflicts_.push_back({.origin_id = change.remote_id,
                            .key = claimed.key,
                            .base = claimed.agreed,
                            .local = claimed.base,
                            .remote = {},
                            .columns = {}});
    }
    released_[{base::Instant{}, true}].push_back(claimed.item);
  }

  // Both ways, and the other side has its way: rows whose records are gone.
  void remove() {
    for (const std::string& key : removed_) {
      const pg::AppliedBy ours(plan_.spec.mapping_id, plan_.table.oid);
      store::delete_decided(sql_, plan_.table, plan_.mapping, key);
    }
  }

  // It is there under our key: known by now, it is updated.
  void exists(const ClaimedChange& claimed, const Outcome& outcome) {
    if (outcome.remote_id.empty() || claimed.attempts >= kMostAttempts) return park(claimed, outcome);
    gone_.push_back({.origin_id = outcome.remote_id, .local_key = claimed.local_key, .action = 'c'});
    released_[{base::Instant{}, true}].push_back(claimed.item);
  }

  // The longer it goes on, the longer the other side is left alone.
  void hold() {
    if (!result_.failure) return;
    const base::Micros wait = std::max(stop_after_, backoff(store::count_hold(sql_, plan_.spec)));
    result_.hold_until = base::Instant{base::now().micros + wait};
  }

  void write() {
    hold();
    std::vector<std::int64_t> unchanged = store::settle_items(sql_, plan_.spec, settled_);
    store::settle_batch_records(sql_, outcomes_);
    store::acknowledge(sql_, plan_.spec.mapping_id, acknowledged_);
    store::acknowledge(sql_, plan_.spec.mapping_id, gone_);
    store::record_conflicts(sql_, plan_.spec, conflicts_);
    remove();
    store::forget_versions(sql_, plan_.spec.mapping_id, forget_version_);
    for (const auto& [release, items] : released_)
      store::release_items(sql_, plan_.spec, items,
                           release.not_before.micros == 0 ? std::nullopt : std::optional(release.not_before),
                           release.counts);
    store::leave_ambiguous(sql_, plan_.spec, ambiguous_);
    store::leave_to_person(sql_, plan_.spec, held_);
    store::park_items(sql_, plan_.spec, parked_);
    record_push_faults(sql_, plan_, faults_);
    resolve_push_faults(sql_, plan_, keys_);
    if (pull_) ask_for_pull();
    if (woken_) store::wake_items(sql_, base::strcat("mapping ", plan_.spec.mapping_id));
    std::ranges::sort(unchanged);
    result_.failed += static_cast<std::int64_t>(write_back(sql_, plan_, write_back_, unchanged));
  }

  void ask_for_pull() {
    store::request_look(sql_, plan_.spec.mapping_id);
    wake_scheduler_at_commit();
  }

  pg::Sql& sql_;
  PushPlan& plan_;
  SettleResult result_;
  std::vector<std::int64_t> settled_, ambiguous_, held_, parked_;
  std::vector<std::string> keys_, forget_version_;
  std::vector<store::Acknowledged> acknowledged_, gone_;
  std::vector<std::string> removed_;
  std::vector<store::FoundConflict> conflicts_;
  std::map<Release, std::vector<std::int64_t>> released_;
  std::vector<PushFault> faults_;
  std::vector<store::BatchOutcome> outcomes_;  // of records that came in batches
  std::vector<WriteBack> write_back_;
  base::Micros stop_after_ = 0;
  bool woken_ = false, pull_ = false;
};

}  // namespace

SettleResult settle_answers(pg::Sql& sql, PushPlan& plan, std::vector<AnsweredRequest>& answered) {
  return Settle(sql, plan)(answered);
}

base::Micros backoff(std::int64_t attempts) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const base::Micros most = std::min(kLongestBackoff, kFirstBackoff << std::clamp<std::int64_t>(attempts - 1, 0, 20));
  return std::uniform_int_distribution<base::Micros>(0, most)(random);
}

}  // namespace tandem::worker
