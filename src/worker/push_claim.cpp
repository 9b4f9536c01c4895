#include "worker/push_claim.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/push/merge.hpp"
#include "store/batches.hpp"
#include "store/decided_rows.hpp"
#include "store/faults.hpp"
#include "store/outbox_items.hpp"
#include "store/push_contracts.hpp"
#include "worker/push_faults.hpp"
#include "worker/push_look.hpp"
#include "worker/push_prepare.hpp"
#include "worker/push_rows.hpp"
#include "worker/push_values.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

using Op = core::OutChange::Op;

char letter_of(Op op) {
  switch (op) {
    case Op::create:
      return 'c';
    case Op::update:
      return 'u';
    case Op::upsert:
      return 's';
    case Op::remove:
      return 'd';
  }
  return 'u';
}

class Claim {
 public:
  Claim(pg::Sql& sql, PushPlan& plan) : sql_(sql), plan_(plan), look_(sql, plan) {}

  ClaimResult operator()(std::int64_t limit) {
    items_ = store::due_items(sql_, plan_.spec.mapping_id, limit);
    result_.looked_at = static_cast<std::int64_t>(items_.size());
    result_.more = result_.looked_at == limit;
    if (items_.empty()) return std::move(result_);
    look_up();
    for (std::size_t i = 0; i < items_.size(); ++i) consider(i);
    record();
    Unsent unsent;
    result_.requests = compose_requests(plan_, std::move(changes_), std::move(claimed_), unsent);
    finish(unsent);
    return std::move(result_);
  }

 private:
  void look_up() {
    rows_ = rows_of_items(sql_, plan_, items_);
    for (std::size_t i = 0; i < items_.size(); ++i) refs_.push_back(ref_of_item(plan_, items_[i], rows_[i]));
    contracts_ = store::find_push_contracts(sql_, plan_.spec.mapping_id, refs_);
    look_for_made_anew();
  }

  // A row that is gone, where another one is there by which the record is known now: that one's change says it all.
  void look_for_made_anew() {
    made_anew_.resize(items_.size());
    if (plan_.mapping.compares() || plan_.contract.names == plan_.row_key) return;
    std::vector<std::size_t> places;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (rows_[i].there || items_[i].op != 'd' || refs_[i].local_key.empty()) continue;
      places.push_back(i);
      keys.push_back(refs_[i].local_key);
    }
    const std::vector<bool> there = store::rows_there(sql_, plan_.table, keys);
    for (std::size_t i = 0; i < places.size(); ++i) made_anew_[places[i]] = there[i];
  }

  void consider(std::size_t i) {
    const store::OutboxItem& item = items_[i];
    if (made_anew_[i]) return drop(i);
    Prepared prepared = prepare_change(plan_, item, rows_[i], refs_[i], contracts_[i]);
    switch (prepared.kind) {
      case Prepared::Kind::nothing:
        if (item.batch != 0) outcomes_.push_back({item.item, item.version, known_as(i)});
        return drop(i);
      case Prepared::Kind::refused:
        return faults_.push_back(push_fault(plan_, prepared.claimed, std::move(prepared.fault)));
      case Prepared::Kind::send:
        return send(i, std::move(prepared));
    }
  }

  // The other side has it as it is; else nobody is to be told.
  [[nodiscard]] std::string known_as(std::size_t i) const {
    return rows_[i].passes && contracts_[i] && !contracts_[i]->deleted ? contracts_[i]->origin_id : std::string();
  }

  // The row of a query that differs in nothing that is sent: the next comparison finds nothing to do.
  void drop(std::size_t i) {
    dropped_.push_back(items_[i].item);
    dropped_keys_.push_back(items_[i].key);
    if (rows_[i].hash != 0 && contracts_[i]) seen_.push_back({contracts_[i]->origin_id, row_hash(plan_, rows_[i])});
  }

  void send(std::size_t i, Prepared prepared) {
    const core::OutChange& change = prepared.change;
    if (auto& contract = contracts_[i]; contract && !contract->deleted) {
      if (!look_.enough(items_[i], change.op, *contract)) return look_.wait(items_[i]);
      if (goes_to_and_fro(prepared, *contract))
        return faults_.push_back(push_fault(plan_, prepared.claimed, to_and_fro()));
    }
    attempts_.push_back({prepared.claimed.item, letter_of(change.op), change.idempotency_key,
                         plan_.keeps_sent && change.op == Op::create ? printed(change.record) : std::string()});
    changes_.push_back(std::move(prepared.change));
    claimed_.push_back(std::move(prepared.claimed));
  }

  // Both ways: what is sent was sent before, and was changed there since and changed back here. Now and then people do
  // that.
  [[nodiscard]] bool goes_to_and_fro(const Prepared& prepared, store::PushContract& contract) {
    if (!contract.base || contract.sent_hash != prepared.claimed.sent_hash || prepared.change.op == Op::remove)
      return false;
    const bool too_often = core::turns_too_often(contract.flips, base::now(), {});
    if (too_often) contract.flips.clear();  // whoever has it tried again gets as many turns
    store::remember_flips(sql_, plan_.spec.mapping_id, contract.origin_id, contract.flips);
    return too_often;
  }

  [[nodiscard]] static core::RowFault to_and_fro() {
    return {.error_type = core::error_type::kConflict,
            .code = core::code::kToAndFro,
            .message = "the row goes to and fro: each time it was sent it was changed there and changed back here",
            .suggestion =
                "Something on each side writes the value its own way, a trigger here and a rule there, say. "
                "Let one of them go; then tandem.retry_sync_error()."};
  }

  void record() {
    store::settle_batch_records(sql_, outcomes_);
    store::drop_items(sql_, dropped_);
    store::remember_rows(sql_, plan_.spec.mapping_id, seen_);
    if (!dropped_keys_.empty() && plan_.spec.open_errors > 0)
      store::resolve_faults(sql_, plan_.spec, dropped_keys_, "there is nothing left to be sent");
    store::record_attempts(sql_, plan_.spec, attempts_);
    look_.settle();
    result_.skipped += static_cast<std::int64_t>(dropped_.size());
    std::vector<std::int64_t> refused;
    for (const PushFault& fault : faults_)
      if (fault.fault.waits_for == 0) refused.push_back(fault.item);
    store::refuse_items(sql_, refused);
    for (const PushFault& fault : faults_)
      if (fault.fault.waits_for != 0) wait_for_parent(sql_, plan_, fault);
    record_push_faults(sql_, plan_, faults_);
    result_.failed += static_cast<std::int64_t>(faults_.size());
  }

  // Of what was claimed and turns out not to be sent.
  void finish(Unsent& unsent) {
    std::vector<std::int64_t> nothing, refused;
    std::vector<PushFault> faults;
    std::vector<store::BatchOutcome> outcomes;
    for (const ClaimedChange& change : unsent.nothing) {
      nothing.push_back(change.item);
      if (change.batch != 0) outcomes.push_back({change.item, change.version, change.remote_id});
    }
    store::settle_batch_records(sql_, outcomes);
    for (auto& [change, fault] : unsent.refused) {
      refused.push_back(change.item);
      faults.push_back(push_fault(plan_, change, std::move(fault)));
    }
    (void)store::settle_items(sql_, plan_.spec, nothing);
    store::park_items(sql_, plan_.spec, refused);
    record_push_faults(sql_, plan_, faults);
    result_.skipped += static_cast<std::int64_t>(nothing.size());
    result_.failed += static_cast<std::int64_t>(refused.size());
  }

  pg::Sql& sql_;
  PushPlan& plan_;
  PushLook look_;
  ClaimResult result_;
  std::vector<store::OutboxItem> items_;
  std::vector<store::OutgoingRow> rows_;
  std::vector<store::ContractRef> refs_;
  std::vector<std::optional<store::PushContract>> contracts_;
  std::vector<bool> made_anew_;
  std::vector<std::int64_t> dropped_;
  std::vector<store::BatchOutcome> outcomes_;  // of those that came in batches
  std::vector<std::string> dropped_keys_;
  std::vector<store::SeenRow> seen_;
  std::vector<PushFault> faults_;
  std::vector<store::Attempt> attempts_;
  std::vector<core::OutChange> changes_;
  std::vector<ClaimedChange> claimed_;
};

}  // namespace

ClaimResult claim_changes(pg::Sql& sql, PushPlan& plan, std::int64_t limit) { return Claim(sql, plan)(limit); }

std::deque<PushRequest> compose_requests(const PushPlan& plan, std::vector<core::OutChange> changes,
                                         std::vector<ClaimedChange> claimed, Unsent& unsent) {
  core::PushFacts facts = plan.facts;
  facts.run = std::to_string(plan.spec.run);
  facts.now = iso_now();
  core::Composed composed = plan.composer.compose(changes, facts);
  for (core::Unsendable& one : composed.unsendable)
    unsent.refused.emplace_back(std::move(claimed[one.change]),
                                core::RowFault{.error_type = core::error_type::kValidation,
                                               .code = std::move(one.code),
                                               .message = std::move(one.message),
                                               .suggestion = std::move(one.suggestion)});
  for (const std::size_t change : composed.nothing) unsent.nothing.push_back(std::move(claimed[change]));
  std::deque<PushRequest> requests;
  for (core::OutRequest& request : composed.requests) {
    PushRequest& out = requests.emplace_back();
    for (std::size_t& change : request.changes) {
      out.changes.push_back(std::move(changes[change]));
      out.claimed.push_back(std::move(claimed[change]));
      change = out.changes.size() - 1;
    }
    out.request = std::move(request);
  }
  return requests;
}

}  // namespace tandem::worker
