#include "pg/capture.hpp"

#include <optional>

#include "pg/capture_entry.hpp"
#include "pg/capture_rows.hpp"
#include "pg/capture_tables.hpp"
#include "pg/function_call.hpp"
#include "pg/guard.hpp"
#include "pg/identity.hpp"
#include "pg/origin.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

// One firing of the trigger. Plain data.
struct Firing {
  const TriggerData* trigger = nullptr;
  capture::Target* targets = nullptr;
  bool settings = false;  // must be pinned while values are printed
  Captured captured{};
};

// Rows that a mapping's own pull has just written are no news to it; where no other mapping sends them, to nobody.
bool only_an_echo(const capture::Target& target, std::int64_t origin) {
  return origin != 0 && target.mapping_count == 1 && target.mappings[0] == origin;
}

bool wanted(const capture::Target& target) {
  if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA && !target.replicated) return false;
  return !only_an_echo(target, origin_of_change(target.table));
}

void find(Firing& firing) {
  if (capture::rows_of(*firing.trigger) == 0) return;
  firing.targets = capture::targets_of(firing.trigger->tg_relation, firing.trigger->tg_trigger);
  for (const auto* target = firing.targets; target != nullptr; target = target->next)
    firing.settings = firing.settings || target->settings;
}

void note_owners(Captured& captured, const capture::Target& target) {
  for (int i = 0; i < target.owner_count; ++i) {
    const auto* const known = std::begin(captured.owners);
    const auto* const end = known + captured.count;
    if (std::find(known, end, target.owners[i]) != end) continue;
    if (captured.count == Captured::kMaxOwners) {
      captured.more = true;
      return;
    }
    captured.owners[captured.count++] = target.owners[i];
  }
}

void write(Firing& firing) {
  for (capture::Target* target = firing.targets; target != nullptr; target = target->next) {
    if (!wanted(*target)) continue;
    const capture::Outbox outbox = capture::open_outbox(origin_of_change(target->table));
    const bool written = capture::capture_rows(*firing.trigger, *target, outbox);
    capture::close_outbox(outbox);
    if (written) note_owners(firing.captured, *target);
  }
}

}  // namespace

Captured capture_changes(FunctionCall& call_) {
  const Node* context = call_.fcinfo_->context;
  // Somebody calls it by hand, or has made a trigger of another kind of it: that one lets rows pass as they are.
  if (context == nullptr || !IsA(context, TriggerData)) return {};
  Firing firing{.trigger = reinterpret_cast<const TriggerData*>(context)};
  firing.captured.row = PointerGetDatum(
      TRIGGER_FIRED_BY_UPDATE(firing.trigger->tg_event) ? firing.trigger->tg_newtuple : firing.trigger->tg_trigtuple);
  call([&firing] {
    find(firing);
    if (!firing.settings) write(firing);
  });
  if (firing.settings) {
    const SettingsScope pinned(engine_settings());
    call([&firing] { write(firing); });
  }
  return firing.captured;
}

}  // namespace tandem::pg
