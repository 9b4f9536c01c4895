#include "worker/push_prepare.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/push/decide.hpp"
#include "core/push/idempotency.hpp"
#include "worker/push_values.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

using Kind = core::Decision::Kind;
using Op = core::OutChange::Op;
using Columns = std::optional<std::vector<int>>;  // attnums; nullopt: all

std::string event_of_item(const store::OutboxItem& item) {
  const auto record = base::Json::parse(item.record.value_or("{}"));
  return record ? record->string_at("event").value_or("") : std::string();
}

class Prepare {
 public:
  Prepare(const PushPlan& plan, const store::OutboxItem& item, const store::OutgoingRow& row,
          const store::ContractRef& ref, const std::optional<store::PushContract>& contract)
      : plan_(plan), item_(item), row_(row), ref_(ref), contract_(contract) {}

  Prepared operator()() const {
    core::RowState state{.there = row_.there, .passes = row_.passes, .known = contract_.has_value()};
    state.deleted = state.known && contract_->deleted;
    // What it is known by there stands in the row itself.
    if (!state.known && row_.there && !ref_.origin_id.empty()) state.known = true;
    if (state.there && state.known && !state.deleted && !concerns()) return {};
    Columns changed = item_.changed;
    if (state.there && !state.deleted && contract_ && contract_->base)
      changed = changed_since(plan_, row_.more, *contract_->base);
    if (state.there && !state.deleted && contract_ && changed && changed->empty()) return {};
    if (!row_.faults.empty()) return refuse(row_.faults.front());
    state.has_external_key = has_value(row_.values, plan_.external_key);
    const std::int64_t hash = hash_of(plan_, row_.values);
    // Both ways the base tells: what was sent last may have been changed there since, and changed back here.
    state.same = contract_ && !contract_->base && contract_->sent_hash == hash && !contract_->deleted;
    const core::Decision decision = core::decide(state, plan_.rules);
    switch (decision.kind) {
      case Kind::nothing:
        return {};
      case Kind::refused:
        return refuse(cannot(decision.missing));
      case Kind::send:
      case Kind::soft:
        return send(decision, changed, hash);
    }
    return {};
  }

 private:
  // Whether a column that matters has changed.
  [[nodiscard]] bool concerns() const {
    return !item_.changed || std::ranges::any_of(*item_.changed, [&](int attnum) {
      return std::ranges::find(plan_.watched, attnum) != plan_.watched.end();
    });
  }

  [[nodiscard]] Prepared send(const core::Decision& decision, const Columns& changed, std::int64_t hash) const {
    const bool soft = decision.kind == Kind::soft;
    core::OutChange change{.op = soft ? Op::update : decision.op,
                           .local_key = item_.record ? item_.was.value_or(item_.key) : item_.key};
    const std::string known = contract_ ? contract_->origin_id : ref_.origin_id;
    change.remote_id = known;
    if (contract_) change.version = contract_->remote_version.value_or("");
    change.idempotency_key = core::idempotency_key(plan_.mapping_uuid, item_.key, item_.version);
    const bool restored = contract_ && contract_->deleted;
    change.soft = soft;
    change.restored = restored;
    if (plan_.of_events) change.event = event_of_item(item_);
    if (soft)
      change.record = plan_.rows.outgoing().soft(true, iso_now());
    else if (change.op == Op::remove)
      change.record = key_values_of_gone(plan_, item_.key, item_.was);
    else
      change.record = values_to_send(plan_, change.op, row_.values, restored ? std::nullopt : changed);
    if (restored && change.op == Op::create) leave_out_old_id(change.record);
    if (restored && !soft && change.op == Op::update)
      for (core::OutValue& value : plan_.rows.outgoing().soft(false, iso_now()))
        change.record.push_back(std::move(value));
    return {.kind = Prepared::Kind::send,
            .change = std::move(change),
            .claimed = {.item = item_.item,
                        .version = item_.version,
                        .attempts = item_.attempts + 1,
                        .key = item_.key,
                        .local_key = local_key(plan_, ref_, item_.key),
                        .sent_hash = soft ? 0 : hash,
                        .row_hash = row_hash(plan_, row_),
                        .captured_at = item_.captured_at,
                        .there = row_.there,
                        .texts = row_.more,
                        .soft = soft,
                        .base = row_image(plan_, row_.more),
                        .agreed = contract_ ? contract_->base.value_or("") : std::string(),
                        .batch = item_.batch,
                        .given = item_.record.value_or(""),
                        .remote_id = known}};
  }

  // A record that is made anew gets another id, unless it is ours to give.
  void leave_out_old_id(std::vector<core::OutValue>& record) const {
    const core::Write& write = plan_.composer.write();
    if (write.create->path.find("{id}") != std::string::npos) return;
    const std::vector<std::string>& fields = plan_.rows.outgoing().fields();
    std::erase_if(record, [&](const core::OutValue& value) {
      const std::string& field = fields[value.field];
      return field != write.key && std::ranges::find(plan_.object.id, field) != plan_.object.id.end();
    });
  }

  [[nodiscard]] Prepared refuse(core::RowFault fault) const {
    return {
        .kind = Prepared::Kind::refused,
        .claimed = {.item = item_.item,
                    .key = item_.key,
                    .there = row_.there,
                    .texts = row_.more,
                    .given = item_.record.value_or("")},
        .fault = std::move(fault),
    };
  }

  [[nodiscard]] core::RowFault cannot(std::string_view missing) const {
    return {.error_type = core::error_type::kValidation,
            .code = core::code::kCannotWrite,
            .message = strcat("object ", plan_.spec.object, " has no way to ", missing),
            .suggestion = strcat("Give its \"write\" a \"", missing.substr(0, missing.find(',')),
                                 "\", or another write_mode or delete_mode to the mapping.")};
  }

  const PushPlan& plan_;
  const store::OutboxItem& item_;
  const store::OutgoingRow& row_;
  const store::ContractRef& ref_;
  const std::optional<store::PushContract>& contract_;
};

}  // namespace

Prepared prepare_change(const PushPlan& plan, const store::OutboxItem& item, const store::OutgoingRow& row,
                        const store::ContractRef& ref, const std::optional<store::PushContract>& contract) {
  return Prepare(plan, item, row, ref, contract)();
}

}  // namespace tandem::worker
