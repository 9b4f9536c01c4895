#include "worker/push_claim.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/push/idempotency.hpp"
#include "store/outbox_items.hpp"
#include "store/push_contracts.hpp"
#include "worker/push_faults.hpp"
#include "worker/push_values.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

using Kind = core::Decision::Kind;
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
  Claim(pg::Sql& sql, PushPlan& plan) : sql_(sql), plan_(plan) {}

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
    std::vector<std::string> keys;
    for (const store::OutboxItem& item : items_) keys.push_back(item.key);
    rows_ = plan_.rows.read(sql_, keys);
    refs_.resize(items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i)
      refs_[i] = rows_[i].there ? contract_ref(plan_, rows_[i].more)
                                : contract_ref_of_gone(plan_, items_[i].key, items_[i].was);
    contracts_ = store::find_push_contracts(sql_, plan_.spec.mapping_id, refs_);
  }

  void consider(std::size_t i) {
    const store::OutboxItem& item = items_[i];
    const store::OutgoingRow& row = rows_[i];
    core::RowState state{.there = row.there, .passes = row.passes, .known = contracts_[i].has_value()};
    state.deleted = state.known && contracts_[i]->deleted;
    // What it is known by there stands in the row itself.
    if (!state.known && row.there && !refs_[i].origin_id.empty()) state.known = true;
    if (state.there && state.known && !state.deleted && !concerns(item)) return drop(item);
    if (state.there && !state.deleted && contracts_[i] && contracts_[i]->base)
      items_[i].changed = changed_since(plan_, row.more, *contracts_[i]->base);
    if (state.there && !state.deleted && contracts_[i] && items_[i].changed && items_[i].changed->empty())
      return drop(item);
    if (!row.faults.empty()) return refuse(item, row.faults.front(), row);
    state.has_external_key = has_value(row.values, plan_.external_key);
    const std::int64_t hash = hash_of(plan_, row.values);
    state.same = contracts_[i] && contracts_[i]->sent_hash == hash && !contracts_[i]->deleted;
    const core::Decision decision = core::decide(state, plan_.rules);
    switch (decision.kind) {
      case Kind::nothing:
        return drop(item);
      case Kind::refused:
        return refuse(item, cannot(decision.missing), row);
      case Kind::send:
      case Kind::soft:
        return send(i, decision, row.values, hash);
    }
  }

  // Whether a column that matters has changed.
  [[nodiscard]] bool concerns(const store::OutboxItem& item) const {
    return !item.changed || std::ranges::any_of(*item.changed, [&](int attnum) {
      return std::ranges::find(plan_.watched, attnum) != plan_.watched.end();
    });
  }

  void send(std::size_t i, const core::Decision& decision, std::vector<core::OutValue> values, std::int64_t hash) {
    const store::OutboxItem& item = items_[i];
    const bool soft = decision.kind == Kind::soft;
    core::OutChange change{.op = soft ? Op::update : decision.op, .local_key = item.key};
    if (contracts_[i])
      change.remote_id = contracts_[i]->origin_id;
    else
      change.remote_id = refs_[i].origin_id;
    if (contracts_[i]) change.version = contracts_[i]->remote_version.value_or("");
    change.idempotency_key = core::idempotency_key(plan_.mapping_uuid, item.key, item.version);
    const bool restored = contracts_[i] && contracts_[i]->deleted;
    if (soft)
      change.record = plan_.rows.outgoing().soft(true, iso_now());
    else if (change.op == Op::remove)
      change.record = key_values_of_gone(plan_, item.key, item.was);
    else
      change.record = values_to_send(plan_, change.op, std::move(values), restored ? std::nullopt : item.changed);
    if (restored && !soft && change.op == Op::update)
      for (core::OutValue& value : plan_.rows.outgoing().soft(false, iso_now()))
        change.record.push_back(std::move(value));
    ClaimedChange claimed{.item = item.item,
                          .version = item.version,
                          .attempts = item.attempts + 1,
                          .key = item.key,
                          .local_key = local_key(plan_, refs_[i], item.key),
                          .sent_hash = soft ? 0 : hash,
                          .captured_at = item.captured_at,
                          .there = rows_[i].there,
                          .texts = rows_[i].more,
                          .soft = soft,
                          .base = row_image(plan_, rows_[i].more)};
    attempts_.push_back({item.item, letter_of(change.op), change.idempotency_key,
                         plan_.keeps_sent && change.op == Op::create ? printed(change.record) : std::string()});
    changes_.push_back(std::move(change));
    claimed_.push_back(std::move(claimed));
  }

  void record() {
    store::drop_items(sql_, dropped_);
    store::record_attempts(sql_, plan_.spec, attempts_);
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
    for (const ClaimedChange& change : unsent.nothing) nothing.push_back(change.item);
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

  void drop(const store::OutboxItem& item) { dropped_.push_back(item.item); }

  void refuse(const store::OutboxItem& item, core::RowFault fault, const store::OutgoingRow& row) {
    ClaimedChange change{.item = item.item, .key = item.key, .there = row.there, .texts = row.more};
    faults_.push_back(push_fault(plan_, change, std::move(fault)));
  }

  [[nodiscard]] core::RowFault cannot(std::string_view missing) const {
    return {.error_type = core::error_type::kValidation,
            .code = core::code::kCannotWrite,
            .message = strcat("object ", plan_.spec.object, " has no way to ", missing),
            .suggestion = strcat("Give its \"write\" a \"", missing.substr(0, missing.find(',')),
                                 "\", or another write_mode or delete_mode to the mapping.")};
  }

  pg::Sql& sql_;
  PushPlan& plan_;
  ClaimResult result_;
  std::vector<store::OutboxItem> items_;
  std::vector<store::OutgoingRow> rows_;
  std::vector<store::ContractRef> refs_;
  std::vector<std::optional<store::PushContract>> contracts_;
  std::vector<std::int64_t> dropped_;
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
