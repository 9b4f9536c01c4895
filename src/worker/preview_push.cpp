#include "worker/preview_push.hpp"

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/convert/json.hpp"
#include "pg/transaction.hpp"
#include "store/outbox_items.hpp"
#include "store/push_contracts.hpp"
#include "store/trial.hpp"
#include "worker/pull_plan.hpp"
#include "worker/push_claim.hpp"
#include "worker/push_plan.hpp"
#include "worker/push_prepare.hpp"
#include "worker/push_rows.hpp"
#include "worker/shown_request.hpp"
#include "worker/waiting_changes.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

using Op = core::OutChange::Op;

std::string quoted(std::string_view text) {
  base::TextArena arena;
  return std::string(core::json_text({base::Kind::string, text}, arena));
}

std::string record_text(const std::vector<core::OutValue>& values, const std::vector<std::string>& fields) {
  std::string out = "{";
  for (const core::OutValue& value : values) {
    if (out.size() > 1) out += ", ";
    out += strcat(quoted(fields[value.field]), ": ");
    switch (value.kind) {
      case core::OutValue::Kind::null:
        out += "null";
        break;
      case core::OutValue::Kind::string:
        out += quoted(value.text);
        break;
      case core::OutValue::Kind::literal:
        out += value.text;
        break;
    }
  }
  return out + "}";
}

const char* action_of(const Prepared& prepared) {
  if (prepared.claimed.soft) return "delete";
  switch (prepared.change.op) {
    case Op::create:
      return "create";
    case Op::update:
      return "update";
    case Op::upsert:
      return "upsert";
    case Op::remove:
      return "delete";
  }
  return "update";
}

// What nobody is told of, and why.
const char* idle_action(const store::OutgoingRow& row, const std::optional<store::PushContract>& contract) {
  return row.there && row.passes && contract && !contract->deleted ? "unchanged" : "skip";
}

void tell_fault(const core::RowFault& fault, PreviewedRecord& out) {
  out.action = fault.waits_for != 0 ? "wait" : "error";
  out.error_type = fault.error_type;
  out.error_message = fault.message;
}

class Preview {
 public:
  Preview(pg::Sql& sql, PushPlan plan) : sql_(sql), plan_(std::move(plan)) {}

  std::vector<PreviewedRecord> operator()(std::size_t limit, bool rows) {
    items_ = waiting_changes(sql_, plan_, limit, rows);
    const std::vector<store::OutgoingRow> found = rows_of_items(sql_, plan_, items_);
    std::vector<store::ContractRef> refs;
    for (std::size_t i = 0; i < items_.size(); ++i) refs.push_back(ref_of_item(plan_, items_[i], found[i]));
    const auto contracts = store::find_push_contracts(sql_, plan_.spec.mapping_id, refs);
    for (std::size_t i = 0; i < items_.size(); ++i) tell(items_[i], found[i], refs[i], contracts[i]);
    show_requests();
    return std::move(told_);
  }

 private:
  void tell(const store::OutboxItem& item, const store::OutgoingRow& row, const store::ContractRef& ref,
            const std::optional<store::PushContract>& contract) {
    Prepared prepared = prepare_change(plan_, item, row, ref, contract);
    PreviewedRecord& told = told_.emplace_back();
    told.origin_id = contract && !contract->deleted ? contract->origin_id : ref.origin_id;
    told.local_key = item.key;
    switch (prepared.kind) {
      case Prepared::Kind::nothing:
        told.action = idle_action(row, contract);
        return;
      case Prepared::Kind::refused:
        return tell_fault(prepared.fault, told);
      case Prepared::Kind::send:
        told.action = action_of(prepared);
        if (row.there && row.passes) told.record = record_text(row.values, plan_.rows.outgoing().fields());
        changes_.push_back(std::move(prepared.change));
        claimed_.push_back(std::move(prepared.claimed));
    }
  }

  void show_requests() {
    Unsent unsent;
    const std::deque<PushRequest> requests = compose_requests(plan_, std::move(changes_), std::move(claimed_), unsent);
    for (const ClaimedChange& change : unsent.nothing) told_of(change).action = "unchanged";
    for (const auto& [change, fault] : unsent.refused) tell_fault(fault, told_of(change));
    std::size_t number = 0;
    for (const PushRequest& request : requests) show(request, ++number);
  }

  void show(const PushRequest& request, std::size_t number) {
    base::Result<net::Request> made = push_request(plan_.api, request.request, plan_.credentials, plan_.pool);
    if (!made) {  // as it would be if it could be sent
      for (const ClaimedChange& change : request.claimed) {
        told_of(change).error_type = core::error_type::kAuth;
        told_of(change).error_message = made.error().text;
      }
      core::Api open = plan_.api;
      open.auth = {};
      made = push_request(open, request.request, {}, plan_.pool);
      if (!made) return;
    }
    told_of(request.claimed.front()).request = shown_request(*made, request.request, number, body_of(request.request));
    for (std::size_t i = 1; i < request.claimed.size(); ++i)
      told_of(request.claimed[i]).request = shown_part(number, i + 1);
  }

  // As JSON, digit by digit as it is sent; any other as a string.
  std::string body_of(const core::OutRequest& request) {
    if (request.body.empty()) return {};
    const bool json = request.content_type.find("json") != std::string::npos;
    return json ? store::record_as_jsonb(sql_, request.body) : quoted(request.body);
  }

  PreviewedRecord& told_of(const ClaimedChange& change) { return told_[static_cast<std::size_t>(change.item)]; }

  pg::Sql& sql_;
  PushPlan plan_;
  std::vector<store::OutboxItem> items_;
  std::vector<core::OutChange> changes_;
  std::vector<ClaimedChange> claimed_;
  std::vector<PreviewedRecord> told_;
};

// As a run would make it now; nothing of that stays.
PushPlan plan_of(pg::Sql& sql, const store::MappingRow& mapping) {
  const pg::Savepoint undone(sql);
  try {
    return make_push_plan(sql, store::imagined_run(sql, mapping.mapping_id, false), mapping.owner);
  } catch (const TableBusy& busy) {
    throw store::table_is_locked(busy.table());
  }
}

}  // namespace

std::vector<PreviewedRecord> preview_push(pg::Sql& sql, const store::MappingRow& mapping, std::size_t limit,
                                          bool rows) {
  return Preview(sql, plan_of(sql, mapping))(limit, rows);
}

}  // namespace tandem::worker
