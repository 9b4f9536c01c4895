// resync, wait_for_sync, discard_change, and what view mapping_status counts of the outbox.
#include "api/outbox.hpp"

#include <algorithm>
#include <array>

#include "api/json_args.hpp"
#include "api/runnable.hpp"
#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/origin.hpp"
#include "pg/shared_memory.hpp"
#include "store/errors.hpp"
#include "store/lookup.hpp"
#include "store/mappings.hpp"
#include "store/outbox_items.hpp"
#include "store/outbox_verbs.hpp"
#include "store/push_runs.hpp"
#include "store/pushed_mappings.hpp"
#include "store/runs.hpp"
#include "store/source.hpp"
#include "worker/background.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::strcat;

void require_pushing(const store::MappingRow& m) {
  if (store::pushes(m)) return;
  throw Failure(Errc::prerequisite, strcat("mapping ", m.name, " sends no local changes"), "Its direction is pull.",
                strcat("SELECT tandem.sync_now(", pg::quote_literal(m.name), ");"));
}

struct PushedTable {
  pg::Table table;
  store::PushedMapping mapping;
};

PushedTable pushed_table(pg::Sql& sql, const store::MappingRow& m) {
  std::optional<pg::Table> table = pg::describe_table(sql, m.target);
  if (!table) throw Failure(Errc::undefined_object, strcat("table ", m.target_name, " does not exist any more"));
  if (store::has_source(m.definition)) {
    pg::Table source = store::source_of(sql, *std::move(table), m.definition);
    store::PushedMapping pushed = store::pushed_mapping(sql, m, source);
    return {std::move(source), std::move(pushed)};
  }
  for (store::PushedMapping& pushed : store::pushed_mappings(sql, *table))
    if (pushed.mapping_id == m.mapping_id) return {*std::move(table), std::move(pushed)};
  throw Failure(Errc::prerequisite, strcat("mapping ", m.name, " is not the one it was"), {},
                strcat("SELECT * FROM tandem.validate_mapping(", pg::quote_literal(m.name), ");"));
}

void wake(const store::MappingRow& m) {
  worker::wake_pushers_at_commit(std::array{m.owner});
  worker::wake_scheduler_at_commit();
}

std::int64_t resync(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "mapping");
  const std::optional<std::string> keys = call.text(1);
  Caller caller(call, 2);
  const store::MappingRow m = store::require_own_mapping(caller.sql, caller.tenant.tenant_id, name);
  require_pushing(m);
  if (!keys) {
    store::request_full_push(caller.sql, m.mapping_id);
    wake(m);
    return store::push_run(caller.sql, m.mapping_id);
  }
  if (!base::Json::parse(*keys).value().is_array())
    throw Failure(Errc::invalid_parameter, "keys must be a JSON array", {}, "keys => '[{\"id\": 5}, {\"id\": 7}]'");
  const PushedTable pushed = pushed_table(caller.sql, m);
  const std::vector<core::RowChange> rows = store::rows_of_keys(caller.sql, pushed.table, pushed.mapping.key, *keys);
  store::put_items(caller.sql, m.tenant_id, m.mapping_id, rows, 0);
  if (!rows.empty()) wake(m);
  return static_cast<std::int64_t>(rows.size());
}

// --- wait_for_sync

struct WaitedRow {
  std::int64_t mapping_id = 0, seq = 0;
  std::string key;
};

WaitedRow waited_row(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "mapping");
  const std::string key = call.required_text(1, "key");
  Caller caller(call, 3);
  const store::MappingRow m = store::require_mapping(caller.sql, caller.tenant.tenant_id, name);
  require_pushing(m);
  const PushedTable pushed = pushed_table(caller.sql, m);
  WaitedRow row{.mapping_id = m.mapping_id,
                .key = store::canonical_key(caller.sql, pushed.table, pushed.mapping.key, key)};
  const store::RowMark mark = store::mark_row(caller.sql, m.mapping_id, row.key);
  if (mark.made_here)
    throw Failure(Errc::prerequisite, "changes of this transaction are sent when it commits", {}, "COMMIT first.");
  row.seq = mark.seq;
  return row;
}

std::string wait_for_sync(const pg::FunctionCall& call) {
  worker::require_preloaded();
  const base::Micros until = base::monotonic() + timeout_of(call, 2);
  const WaitedRow row = waited_row(call);
  pg::NewsWait news;
  while (true) {
    std::string state;
    {
      pg::CallerSpi sql;
      state = store::state_of_row(sql, row.mapping_id, row.key, row.seq);
    }
    const base::Micros left = until - base::monotonic();
    if (state != "pending" || left <= 0) return state;
    news.wait(left);
  }
}

// --- what errors are about

// As the answer would have been written into the row: no local change.
void write_id(pg::Sql& sql, const store::MappingRow& m, const PushedTable& pushed, const std::string& key,
              const std::string& remote_id) {
  const std::vector<std::string>& columns = pushed.mapping.origin_columns;
  std::vector<std::string> parts{remote_id};
  if (columns.size() > 1) {
    const base::Json given = base::Json::parse(remote_id).value();
    parts.clear();
    for (const base::Json& part : given.items()) parts.push_back(part.is_string() ? part.string() : part.dump());
    if (parts.size() != columns.size())
      throw Failure(Errc::invalid_parameter, strcat("remote_id must be a JSON array of ", columns.size(), " values"));
  }
  const auto is = [&](const std::string& name, const std::string& value) {
    return strcat(pg::quote_identifier(name), " = ", pg::quote_literal(value));
  };
  std::vector<std::string> set, where;
  for (std::size_t i = 0; i < columns.size(); ++i) set.push_back(is(columns[i], parts[i]));
  const base::Json values = base::Json::parse(key).value();
  for (const auto& [name, value] : values.members()) where.push_back(is(name, value.string()));
  const pg::AppliedBy applied(m.mapping_id, m.target);
  sql.run(
      strcat("UPDATE ", pushed.table.quoted, " SET ", base::join(set, ", "), " WHERE ", base::join(where, " AND ")));
}

// What its contract is found by: the match columns, where all have a value; else the row's key.
std::string contract_key(pg::Sql& sql, const store::MappingRow& m, const PushedTable& pushed, const std::string& key) {
  if (!pushed.mapping.origin_columns.empty()) return {};
  if (pushed.mapping.match_columns.empty()) return key;
  std::string values = store::captured_values(sql, m.mapping_id, key, pushed.mapping.match_columns);
  const base::Json parsed = base::Json::parse(values).value();
  const bool whole = std::ranges::none_of(parsed.members(), [](const auto& member) { return member.second.is_null(); });
  return whole ? values : key;
}

// --- discard_change

bool discard_change(const pg::FunctionCall& call) {
  const auto error = call.integer(0);
  if (!error) throw Failure(Errc::invalid_parameter, "argument error must not be null");
  Caller caller(call, 2);
  const auto mapping_id = store::mapping_of_error(caller.sql, caller.tenant.tenant_id, *error);
  if (!mapping_id)
    throw Failure(Errc::undefined_object, strcat("sync error ", *error, " does not exist"), {},
                  "SELECT * FROM tandem.get_sync_errors();");
  const store::MappingRow m = store::load_mapping(caller.sql, *mapping_id);
  store::require_owner("mapping", m.name, m.owner, m.owner_name);
  const std::optional<std::string> key = store::item_of_error(caller.sql, *error);
  if (!key) return false;
  if (store::drop_item(caller.sql, m.mapping_id, *key) == store::Dropped::kept)
    throw Failure(Errc::prerequisite, strcat("the change of row ", *key, " is being sent"), {},
                  strcat("SELECT tandem.wait_for_sync(", pg::quote_literal(m.name), ", ", pg::quote_literal(*key),
                         ", '1 min');"));
  store::resolve_errors_of(caller.sql, m.mapping_id, *key, pg::role_name(pg::current_user()),
                           call.text(1).value_or("the change was discarded"));
  return true;
}

// --- mapping_status

std::vector<std::vector<pg::Out>> captured_changes(const pg::FunctionCall& call) {
  const auto id = call.integer(0);
  if (!id) return {};
  pg::CallerSpi sql;
  const std::optional<store::MappingRow> row = store::find_mapping(sql, *id);
  const std::vector<store::Tenant> granted = store::granted_tenants(sql);
  if (!row || std::ranges::find(granted, row->tenant_id, &store::Tenant::tenant_id) == granted.end()) return {};
  const store::CapturedCount count = store::captured_changes(sql, *id);
  return {{count.changes, count.oldest}};
}

}  // namespace

std::string tell_record(pg::Sql& sql, const store::MappingRow& m, std::int64_t error, const std::string& remote_id) {
  const std::optional<std::string> key = store::item_of_error(sql, error);
  if (!key || !store::pushes(m))
    throw Failure(Errc::prerequisite, strcat("sync error ", error, " is not about a local change that waits"),
                  "remote_id tells which record a row is that was to be sent.",
                  strcat("SELECT tandem.resolve_sync_error(", error, ");"));
  const PushedTable pushed = pushed_table(sql, m);
  const std::string code = store::code_of_error(sql, error);
  const store::ToldRecord told{.remote_id = remote_id,
                               .contract_key = contract_key(sql, m, pushed, *key),
                               .arrived = code == core::code::kUnknownOutcome || code == core::code::kNoIdGiven};
  if (!store::settle_as_told(sql, m.mapping_id, *key, told))
    throw Failure(Errc::prerequisite, strcat("the change of row ", *key, " is being sent"), {},
                  strcat("SELECT tandem.wait_for_sync(", pg::quote_literal(m.name), ", ", pg::quote_literal(*key),
                         ", '1 min');"));
  const bool of_a_row = base::Json::parse(*key).value().find("$record") == nullptr;
  if (of_a_row && !pushed.mapping.origin_columns.empty()) write_id(sql, m, pushed, *key, remote_id);
  wake(m);
  return *key;
}

}  // namespace tandem::api

// (mapping text, keys jsonb, tenant text) → bigint
TANDEM_FUNCTION(tandem_resync) { return call.ret_integer(tandem::api::resync(call)); }

// (mapping text, key jsonb, timeout interval, tenant text) → text
TANDEM_FUNCTION(tandem_wait_for_sync) { return call.ret_text(tandem::api::wait_for_sync(call)); }

// (error bigint, notes text, tenant text) → boolean
TANDEM_FUNCTION(tandem_discard_change) { return call.ret_boolean(tandem::api::discard_change(call)); }

// (mapping_id bigint) → (changes bigint, oldest timestamptz)
TANDEM_FUNCTION(tandem__captured_changes) { return call.ret_rows(tandem::api::captured_changes(call)); }
