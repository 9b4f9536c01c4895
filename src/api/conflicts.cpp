// resolve_conflict: a person decides what becomes of a row that both sides changed.
#include <algorithm>
#include <array>

#include "api/json_args.hpp"
#include "base/strings.hpp"
#include "core/schema/check.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/function_call.hpp"
#include "pg/origin.hpp"
#include "store/conflicts.hpp"
#include "store/lookup.hpp"
#include "store/mappings.hpp"
#include "store/outbox_items.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::strcat;

constexpr std::array<std::string_view, 3> kChoices{"local", "remote", "merged"};

std::string choice_of(const pg::FunctionCall& call) {
  std::string choice = call.required_text(1, "choice");
  if (std::ranges::find(kChoices, choice) == kChoices.end())
    throw Failure(Errc::invalid_parameter, strcat("choice \"", choice, "\" is not known"), {},
                  "It is one of local, remote, merged.");
  return choice;
}

// The conflict's columns with what was given for them; all of these have to be columns of the row.
std::string merged_values(const pg::FunctionCall& call, const store::OpenConflict& conflict) {
  const base::Json given = required_object(call, 2, "merged");
  const base::Json local = base::Json::parse(conflict.local).value();
  for (const auto& [name, value] : given.members())
    if (local.find(name) == nullptr)
      throw Failure(Errc::invalid_parameter, strcat("merged: ", name, " is no column of the mapping"), {},
                    "SELECT columns, local, remote FROM tandem.conflicts;");
  if (given.members().empty())
    throw Failure(Errc::invalid_parameter, "merged names no column", {},
                  strcat("merged => '{\"", conflict.columns.front(), "\": …}'"));
  return given.dump();
}

// What is sent is what differs from what both agree on by then.
void send_row(pg::Sql& sql, std::int64_t tenant_id, const store::OpenConflict& conflict) {
  const std::int64_t version = store::next_version(sql);
  const base::Instant now = base::now();
  store::put_items(sql, tenant_id, conflict.mapping_id,
                   {{.key = conflict.key,
                     .op = 'u',
                     .version = version,
                     .seq = version,
                     .txid = "0",
                     .captured_at = now,
                     .changed_at = now}},
                   0);
}

bool resolve_conflict(const pg::FunctionCall& call) {
  const auto number = call.integer(0);
  if (!number)
    throw Failure(Errc::invalid_parameter, "argument conflict must not be null", {}, "SELECT * FROM tandem.conflicts;");
  const std::string choice = choice_of(call);
  Caller caller(call, 3);
  const auto conflict = store::open_conflict(caller.sql, caller.tenant.tenant_id, *number);
  if (!conflict) return false;
  const store::MappingRow mapping = store::load_mapping(caller.sql, conflict->mapping_id);
  store::require_owner("mapping", mapping.name, mapping.owner, mapping.owner_name);
  const std::string values = choice == "merged" ? merged_values(call, *conflict) : conflict->remote;
  if (choice != "local") {
    const auto table = pg::describe_table(caller.sql, mapping.target);
    if (!table)
      throw Failure(Errc::undefined_object, strcat("table ", mapping.target_name, " does not exist any more"));
    const pg::AppliedBy ours(choice == "remote" ? mapping.mapping_id : 0, table->oid);
    if (!store::write_decided(caller.sql, *table, conflict->key, values))
      throw Failure(Errc::undefined_object, strcat("row ", conflict->key, " of ", table->quoted, " is gone"), {},
                    strcat("SELECT tandem.resolve_conflict(", *number, ", 'local');"));
  }
  store::decide_conflict(caller.sql, *number, choice);
  if (choice != "remote") send_row(caller.sql, caller.tenant.tenant_id, *conflict);
  worker::wake_scheduler_at_commit();
  return true;
}

}  // namespace

}  // namespace tandem::api

// (conflict bigint, choice text, merged jsonb, tenant text) → boolean
TANDEM_FUNCTION(tandem_resolve_conflict) { return call.ret_boolean(tandem::api::resolve_conflict(call)); }
