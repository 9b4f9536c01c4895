#include "worker/push_plan.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/mapping/push.hpp"
#include "core/mapping/sound.hpp"
#include "core/mapping/stamp.hpp"
#include "core/push/remedy.hpp"
#include "net/url.hpp"
#include "pg/catalog.hpp"
#include "store/connections.hpp"
#include "store/contracts.hpp"
#include "store/credentials.hpp"
#include "store/events.hpp"
#include "store/fields.hpp"
#include "store/mappings.hpp"
#include "store/source.hpp"
#include "store/target.hpp"
#include "worker/pull_plan.hpp"
#include "worker/push_write_back.hpp"
#include "worker/schema_watch.hpp"

namespace tandem::worker {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

pg::Table find_target(pg::Sql& sql, store::RunSpec& spec, pg::Oid owner) {
  std::optional<pg::Table> table = pg::describe_table(sql, spec.target);
  if (!table) throw table_gone(spec);
  follow_table(sql, spec, *table);
  store::require_connection_use(sql, spec.connection_id, owner);
  if (store::has_source(spec.definition)) return store::source_of(sql, *std::move(table), spec.definition);
  if (!store::is_event_table(*table) && !pg::has_role(owner, table->owner))
    throw Failure(Errc::insufficient_privilege,
                  strcat("role ", pg::role_name(owner), " does not own table ", table->quoted, " any more"),
                  "A mapping that pushes belongs to the owner of its table.",
                  "Give it back to the owner of the mapping, or make the mapping anew as the table's owner.");
  return *std::move(table);
}

core::Mapping checked_mapping(pg::Sql& sql, const store::RunSpec& spec, const core::Api& api,
                              const core::Target& target) {
  return core::sound_mapping(core::parse_mapping(spec.mapping, spec.definition, api, target,
                                                 store::load_fields(sql, spec.connection_id, spec.object)),
                             strcat("mapping ", spec.mapping, ": "));
}

core::PushRules rules_of(const core::Mapping& mapping, const core::Write& write) {
  return {.write_mode = mapping.write_mode,
          .delete_mode = mapping.delete_mode,
          .delete_unmatched = mapping.push.remove_unmatched,
          .can_create = write.create.has_value(),
          .can_update = write.update.has_value(),
          .can_upsert = write.upsert.has_value(),
          .can_delete = write.remove.has_value(),
          .upsert_known = write.upsert.has_value() && !write.update.has_value()};
}

core::PushFacts facts_of(const store::RunSpec& spec, const core::Api& api) {
  const base::Result<net::Url> url = net::parse_url(api.base_url);
  return {.mapping = spec.mapping,
          .mapping_id = std::to_string(spec.mapping_id),
          .run = {},
          .connection = spec.connection,
          .tenant = spec.tenant,
          .object = spec.object,
          .host = url ? url->host : std::string(),
          .now = {}};
}

// What a row is known by, and in both directions what the other side has of it.
std::vector<std::string> kept_columns(const core::Mapping& mapping) {
  std::vector<std::string> columns;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
  };
  for (const std::string& name : mapping.match_on) add(name);
  if (mapping.pulls())
    for (const core::ColumnMapping& column : mapping.columns)
      if (column.stamp == core::Stamp::none) add(column.column);
  return columns;
}

ContractKey contract_key(const core::Mapping& mapping, const std::vector<std::string>& key,
                         const std::vector<std::string>& kept) {
  ContractKey contract;
  std::vector<std::string> by_field = store::origin_columns(mapping, key);
  contract.origin_id = !by_field.empty();
  contract.names = contract.origin_id ? std::move(by_field) : mapping.match_on;
  for (const std::string& name : contract.names)
    contract.columns.push_back(static_cast<std::size_t>(std::ranges::find(kept, name) - kept.begin()));
  return contract;
}

// A change of anything else needs no request.
void watch_columns(PushPlan& plan) {
  const auto number = [&](const std::string& name) { return plan.table.column(name)->attnum; };
  const core::Outgoing& outgoing = plan.rows.outgoing();
  for (std::size_t i = 0; i < outgoing.columns(); ++i)
    if (!outgoing.column(i).empty()) plan.watched.push_back(number(outgoing.column(i)));
  for (const std::string& name : plan.contract.names) plan.watched.push_back(number(name));
  const std::vector<std::string>& fields = outgoing.fields();
  plan.field_of.resize(fields.size());
  for (const core::ColumnMapping& column : plan.mapping.push_columns) {
    const auto field = std::ranges::find(fields, column.field);
    if (field == fields.end() || column.column.empty()) continue;
    plan.field_of[static_cast<std::size_t>(field - fields.begin())].push_back(number(column.column));
  }
  const core::Write& write = plan.composer.write();
  plan.named.resize(fields.size());
  for (const std::string& name : write.named_fields(core::OutChange::Op::update))
    if (const auto field = plan.composer.shape().find(name)) plan.named[*field] = true;
  if (const auto key = std::ranges::find(fields, write.key); !write.key.empty() && key != fields.end())
    plan.external_key = static_cast<std::size_t>(key - fields.begin());
}

std::int64_t batch_size(const core::Write& write) {
  std::int64_t most = 1;
  for (const auto* call : {&write.create, &write.update, &write.upsert, &write.remove})
    if (*call) most = std::max(most, (*call)->batch.size);
  return most;
}

std::shared_ptr<const core::Write> write_of(const core::Object& object, const store::RunSpec& spec,
                                            const core::Mapping& mapping) {
  if (!object.write)
    throw Failure(Errc::invalid_parameter,
                  strcat("object ", object.name, " of connection ", spec.connection, " cannot be written"),
                  "Its manifest has no \"write\".",
                  strcat("SELECT * FROM tandem.list_objects('", spec.connection, "');"));
  if (mapping.push.batch_size == 0) return object.write;
  auto write = std::make_shared<core::Write>(*object.write);
  for (auto* call : {&write->create, &write->update, &write->upsert, &write->remove})
    if (*call) (*call)->batch.size = std::min((*call)->batch.size, mapping.push.batch_size);
  return write;
}

void begin_accounts(PushPlan& plan, base::Micros began_at) {
  plan.latencies = core::Latencies(plan.spec.latency);
  plan.timing = core::RunTiming(plan.spec.timing, began_at);
  plan.timing.add(core::Stage::plan, base::monotonic() - began_at);
}

}  // namespace

PushPlan make_push_plan(pg::Sql& sql, store::RunSpec spec, pg::Oid owner) {
  const base::Micros began_at = base::monotonic();
  core::Api api = core::make_api(spec.manifest, spec.config).value();
  api.connection = spec.connection;
  const core::Object* object = api.object(spec.object);
  if (object == nullptr)
    throw Failure(Errc::undefined_object,
                  strcat("connection ", spec.connection, " has no object ", spec.object, " any more"), {},
                  strcat("SELECT * FROM tandem.list_objects('", spec.connection, "');"));
  pg::Table table = find_target(sql, spec, owner);
  if (!pg::try_lock_table(table.oid)) throw TableBusy(table.quoted);
  core::Target target = store::target_of(table);
  core::Mapping mapping = checked_mapping(sql, spec, api, target);
  core::fill_stamps(mapping, target, store::stamp_values(sql, spec));
  const std::vector<std::string> row_key = core::row_key(mapping, target);
  std::shared_ptr<const core::Write> write = write_of(*object, spec, mapping);
  std::vector<std::string> kept = kept_columns(mapping);
  store::OutgoingRows rows(sql, table, spec.tenant_id, mapping, target,
                           store::load_fields(sql, spec.connection_id, spec.object), row_key, kept, owner);
  core::Composer composer = core::Composer::make(write, rows.outgoing().fields()).value();
  const std::vector<std::string>& key = mapping.key.empty() ? object->id : mapping.key;
  store::keep_contracts_of(sql, spec, store::contract_key(table.oid, key, mapping.match_on));
  ContractKey contract = contract_key(mapping, key, kept);
  const int most = mapping.push.max_in_flight > 0 ? static_cast<int>(mapping.push.max_in_flight) : api.max_in_flight;
  PushPlan plan{.spec = std::move(spec),
                .api = std::move(api),
                .object = *object,
                .mapping = std::move(mapping),
                .table = std::move(table),
                .target = std::move(target),
                .row_key = row_key,
                .rows = std::move(rows),
                .kept = std::move(kept),
                .composer = std::move(composer),
                .facts = {},
                .rules = {},
                .contract = std::move(contract),
                .own_key = {},
                .watched = {},
                .field_of = {},
                .mapping_uuid = {},
                .credentials = {},
                .pool = {},
                .max_in_flight = most,
                .claim = 4 * most * batch_size(*write),
                .keeps_sent = core::remedy_of(*write) == core::Remedy::idempotency_key};
  plan.rules = rules_of(plan.mapping, *write);
  plan.of_events = store::is_event_table(plan.table);
  if (plan.of_events) plan.spec.full = false, plan.spec.position.reset();  // there are no rows to look at
  plan.facts = facts_of(plan.spec, plan.api);
  watch_columns(plan);
  plan.own_key = store::capture_key(plan.mapping, plan.table, plan.target, plan.spec.mapping_id);
  plan.write_back = make_write_back_plan(plan);
  plan.mapping_uuid = store::mapping_uuid(sql, plan.spec.mapping_id);
  if (plan.spec.credentials) plan.credentials = store::load_credentials(sql, plan.spec.connection_id);
  plan.pool = strcat(plan.spec.connection_id, ":", plan.spec.connection_version);
  plan.pushed = {.table = plan.table, .mapping_id = plan.spec.mapping_id};
  begin_accounts(plan, began_at);
  return plan;
}

}  // namespace tandem::worker
