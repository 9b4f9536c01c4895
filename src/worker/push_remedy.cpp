#include "worker/push_remedy.hpp"

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/push/remedy.hpp"
#include "store/outbox_items.hpp"
#include "worker/push_claim.hpp"
#include "worker/push_faults.hpp"
#include "worker/push_rows.hpp"
#include "worker/push_values.hpp"

namespace tandem::worker {

namespace {

using core::NextStep;
using core::Outcome;
using Op = core::OutChange::Op;

Op op_of(char letter) {
  switch (letter) {
    case 'c':
      return Op::create;
    case 's':
      return Op::upsert;
    case 'd':
      return Op::remove;
    default:
      return Op::update;
  }
}

class Remedies {
 public:
  Remedies(pg::Sql& sql, PushPlan& plan) : sql_(sql), plan_(plan) {}

  std::deque<PushRequest> operator()(std::int64_t limit) {
    items_ = store::ambiguous_items(sql_, plan_.spec, limit);
    if (items_.empty()) return {};
    rows_ = rows_of_items(sql_, plan_, items_);
    for (std::size_t i = 0; i < items_.size(); ++i) treat(i);
    store::reclaim_items(sql_, plan_.spec, again_);
    store::reopen_items(sql_, open_);
    store::hold_items(sql_, held_);
    record_push_faults(sql_, plan_, faults_);
    Unsent unsent;
    std::deque<PushRequest> requests = compose_requests(plan_, std::move(changes_), std::move(claimed_), unsent);
    for (const auto& [change, fault] : unsent.refused) held_later_.push_back(change.item);
    for (const ClaimedChange& change : unsent.nothing) held_later_.push_back(change.item);
    store::leave_ambiguous(sql_, plan_.spec, held_later_);
    for (PushRequest& request : asked_) requests.push_back(std::move(request));
    return requests;
  }

 private:
  void treat(std::size_t i) {
    const store::OutboxItem& item = items_[i];
    const Op op = op_of(item.sent_op);
    const core::Write& write = plan_.composer.write();
    std::vector<core::OutValue> values = rows_[i].values;
    const bool replay = core::replayable(write, op);
    const core::NextStepAt next =
        core::next_step(write, {.op = op, .key_known = has_value(values, plan_.external_key)});
    if (replay && !(op == Op::create && item.sent)) return open_.push_back(item.item);
    switch (next.step) {
      case NextStep::send_again:
        if (!item.sent) return open_.push_back(item.item);
        return send_again(i, op);
      case NextStep::send_as_upsert:
        return open_.push_back(item.item);
      case NextStep::read_back:
        return ask(i, op, std::move(values));
      case NextStep::hold:
        return hold(i, "sent, and nothing tells whether it arrived");
    }
  }

  [[nodiscard]] ClaimedChange claimed_of(std::size_t i, const std::vector<core::OutValue>& values) const {
    const store::OutboxItem& item = items_[i];
    const store::ContractRef ref = ref_of_item(plan_, item, rows_[i]);
    return {.item = item.item,
            .version = item.sent_version,
            .attempts = item.attempts + 1,
            .key = item.key,
            .local_key = local_key(plan_, ref, item.key),
            .sent_hash = item.version == item.sent_version ? hash_of(plan_, values) : 0,
            .row_hash = 0,  // what was sent is not known: the next comparison looks
            .captured_at = item.captured_at,
            .there = rows_[i].there,
            .texts = rows_[i].more,
            .base = item.version == item.sent_version ? row_image(plan_, rows_[i].more) : std::string(),
            .batch = item.batch,
            .given = item.record.value_or("")};
  }

  void send_again(std::size_t i, Op op) {
    const store::OutboxItem& item = items_[i];
    core::OutChange change{.op = op,
                           .idempotency_key = item.idempotency_key.value_or(""),
                           .local_key = item.record ? item.was.value_or(item.key) : item.key};
    change.record = read_printed(*item.sent);
    claimed_.push_back(claimed_of(i, change.record));
    changes_.push_back(std::move(change));
    again_.push_back(item.item);
  }

  void ask(std::size_t i, Op op, std::vector<core::OutValue> values) {
    const store::OutboxItem& item = items_[i];
    core::OutChange change{.op = op,
                           .idempotency_key = item.idempotency_key.value_or(""),
                           .local_key = item.record ? item.was.value_or(item.key) : item.key};
    ClaimedChange claimed = claimed_of(i, values);
    change.record = std::move(values);
    base::Result<core::OutRequest> request = plan_.composer.read_back(change, plan_.facts);
    if (!request) return hold(i, request.error().text);
    request->changes = {0};
    PushRequest& out = asked_.emplace_back();
    out.kind = PushRequest::Kind::read_back;
    out.request = *std::move(request);
    out.changes.push_back(std::move(change));
    out.claimed.push_back(std::move(claimed));
    again_.push_back(item.item);
  }

  void hold(std::size_t i, std::string why) {
    held_.push_back(items_[i].item);
    ClaimedChange change{.item = items_[i].item, .key = items_[i].key, .there = rows_[i].there, .texts = rows_[i].more};
    change.given = items_[i].record.value_or("");
    faults_.push_back(push_fault(plan_, change,
                                 {.error_type = core::error_type::kNetwork,
                                  .code = core::code::kUnknownOutcome,
                                  .message = std::move(why),
                                  .suggestion = kLookFirst,
                                  .retryable = true}));
  }

  pg::Sql& sql_;
  PushPlan& plan_;
  std::vector<store::OutboxItem> items_;
  std::vector<store::OutgoingRow> rows_;
  std::vector<std::int64_t> again_, open_, held_, held_later_;
  std::vector<PushFault> faults_;
  std::vector<core::OutChange> changes_;
  std::vector<ClaimedChange> claimed_;
  std::deque<PushRequest> asked_;
};

}  // namespace

std::deque<PushRequest> remedy_ambiguous(pg::Sql& sql, PushPlan& plan, std::int64_t limit) {
  return Remedies(sql, plan)(limit);
}

core::Outcome outcome_of_read_back(const PushPlan& plan, const PushRequest& request, const net::Response& response) {
  const core::Write& write = plan.composer.write();
  const auto unclear = [](std::string why) {
    return Outcome{.kind = Outcome::Kind::ambiguous,
                   .error_type = core::error_type::kApi,
                   .code = core::code::kUnknownOutcome,
                   .message = std::move(why)};
  };
  if (response.error) return unclear(response.error->text);
  if (response.status < 200 || response.status > 299)
    return unclear(base::strcat("asked whether it arrived, the other side answered ", response.status));
  const base::Result<std::vector<std::string>> records = core::records_in(*write.read_back, response.body);
  if (!records) return unclear(records.error().text);
  switch (core::judge_read_back(records->size())) {
    case core::ReadBackVerdict::arrived:
      return {.kind = Outcome::Kind::settled,
              .remote_id = core::id_of_record(write, records->front()),
              .record = records->front()};
    case core::ReadBackVerdict::not_arrived:
      return {.kind = Outcome::Kind::later, .code = core::code::kUnknownOutcome, .message = "it had not arrived"};
    case core::ReadBackVerdict::unclear:
      return unclear(base::strcat(records->size(), " records at the other side look like it"));
  }
  (void)request;
  return unclear("");
}

}  // namespace tandem::worker
