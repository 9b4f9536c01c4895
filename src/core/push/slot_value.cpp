#include "core/push/slot_value.hpp"

#include "base/base64.hpp"
#include "base/json_text.hpp"
#include "base/strings.hpp"

namespace tandem::core {

namespace {

std::string_view event_of(const OutChange& change) {
  if (!change.event.empty()) return change.event;
  if (change.soft) return "record.deleted";
  if (change.restored && change.op != OutChange::Op::remove) return "record.undeleted";
  switch (change.op) {
    case OutChange::Op::create:
      return "record.created";
    case OutChange::Op::update:
    case OutChange::Op::upsert:
      return "record.updated";
    case OutChange::Op::remove:
      return "record.deleted";
  }
  return "";  // not reached: the switch is exhaustive
}

const OutValue* value_at(const std::optional<std::size_t>& field, const PrintScope& scope) {
  const OutValue* const value = field && *field < scope.values.size() ? scope.values[*field] : nullptr;
  return value == nullptr || value->kind == OutValue::Kind::null ? nullptr : value;
}

bool is_number(const std::string& text) {
  const char* const end = base::scan_number(text.c_str());
  return end != nullptr && end == text.c_str() + text.size();
}

void append_record(const Slot& slot, const PrintScope& scope, std::string& out) {
  scope.shape.print_object(slot.name == Slot::Name::rest ? scope.rest : scope.sent, scope.nulls, out);
}

// Texts of the change and of the run; empty: there is none.
std::string_view simple_text(const Slot& slot, const PrintScope& scope) {
  const PushFacts& facts = scope.facts;
  switch (slot.name) {
    case Slot::Name::id:
      return scope.change->remote_id;
    case Slot::Name::version:
      return scope.change->version;
    case Slot::Name::idempotency_key:
      return scope.change->idempotency_key;
    case Slot::Name::local_key:
      return scope.change->local_key;
    case Slot::Name::event:
      return event_of(*scope.change);
    case Slot::Name::ids:
      return scope.ids;
    case Slot::Name::keys:
      return scope.keys;
    case Slot::Name::records:
      return scope.records;
    case Slot::Name::mapping:
      return facts.mapping;
    case Slot::Name::mapping_id:
      return facts.mapping_id;
    case Slot::Name::run:
      return facts.run;
    case Slot::Name::connection:
      return facts.connection;
    case Slot::Name::tenant:
      return facts.tenant;
    case Slot::Name::object:
      return facts.object;
    case Slot::Name::host:
      return facts.host;
    case Slot::Name::now:
      return facts.now;
    case Slot::Name::key:
    case Slot::Name::index:
    case Slot::Name::field:
    case Slot::Name::record:
    case Slot::Name::rest:
    case Slot::Name::count:
      break;  // not texts that stand ready
  }
  return {};
}

// The facts of a run may be empty (no tenant's label, say); what names a record may not.
bool may_be_empty(const Slot& slot) { return slot.name >= Slot::Name::mapping || slot.name == Slot::Name::records; }

}  // namespace

bool append_slot_text(const BoundSlot& bound, const PrintScope& scope, std::string& out) {
  const Slot& slot = bound.slot;
  if (slot.of_change() && scope.change == nullptr) return false;
  if (slot.whole_record()) {
    std::string json;
    append_record(slot, scope, json);
    out += slot.as == Slot::As::base64 ? base::base64(json) : json;
    return true;
  }
  if (slot.name == Slot::Name::index || slot.name == Slot::Name::count) {
    out += std::to_string(slot.name == Slot::Name::index ? scope.index : scope.count);
    return true;
  }
  if (slot.name == Slot::Name::field || slot.name == Slot::Name::key) {
    const OutValue* const value = value_at(slot.name == Slot::Name::key ? scope.key : bound.field, scope);
    if (value == nullptr) return false;
    out += value->text;
    return true;
  }
  const std::string_view text = simple_text(slot, scope);
  out += text;
  return !text.empty() || may_be_empty(slot);
}

bool append_slot_json(const BoundSlot& bound, const PrintScope& scope, std::string& out) {
  const Slot& slot = bound.slot;
  if (slot.of_change() && scope.change == nullptr) return false;
  if (slot.whole_record() && slot.as == Slot::As::plain) return append_record(slot, scope, out), true;
  if (slot.name == Slot::Name::field || (slot.name == Slot::Name::key && slot.as == Slot::As::plain)) {
    const std::optional<std::size_t>& field = slot.name == Slot::Name::key ? scope.key : bound.field;
    const OutValue* const value = field && *field < scope.values.size() ? scope.values[*field] : nullptr;
    if (value == nullptr || (slot.name == Slot::Name::key && value->kind == OutValue::Kind::null)) return false;
    return print_json(*value, scope.nulls, out), true;
  }
  if (slot.name == Slot::Name::records) return out += scope.records, true;
  std::string text;
  if (!append_slot_text(bound, scope, text)) return false;
  const bool literal = slot.name == Slot::Name::index || slot.name == Slot::Name::count ||
                       slot.name == Slot::Name::local_key || (slot.as == Slot::As::number && is_number(text));
  if (literal)
    out += text;
  else
    base::append_json_string(out, text);
  return true;
}

bool slot_left_out(const BoundSlot& bound, const PrintScope& scope) noexcept {
  return bound.slot.name == Slot::Name::version && scope.change != nullptr && scope.change->version.empty();
}

}  // namespace tandem::core
