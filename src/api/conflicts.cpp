// resolve_conflict: a person decides what becomes of a row that both sides changed.
#include <algorithm>
#include <array>

#include "api/json_args.hpp"
#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/function_call.hpp"
#include "pg/origin.hpp"
#include "store/conflicts.hpp"
#include "store/connections.hpp"
#include "store/decided_rows.hpp"
#include "store/lookup.hpp"
#include "store/mappings.hpp"
#include "store/outbox_items.hpp"
#include "store/pushed_mappings.hpp"
#include "store/target.hpp"
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

// What was given for the conflict's columns; all of these have to be columns of the row.
base::Json merged_values(const pg::FunctionCall& call, const store::OpenConflict& conflict) {
  base::Json given = required_object(call, 2, "merged");
  const base::Json row = base::Json::parse(conflict.local.empty() ? conflict.remote : conflict.local).value();
  for (const auto& [name, value] : given.members())
    if (row.find(name) == nullptr)
      throw Failure(Errc::invalid_parameter, strcat("merged: ", name, " is no column of the mapping"), {},
                    "SELECT columns, local, remote FROM tandem.conflicts;");
  if (given.members().empty())
    throw Failure(Errc::invalid_parameter, "merged names no column", {},
                  strcat("merged => '{\"", row.members().front().first, "\": …}'"));
  return given;
}

// A decision as it is carried out: in the caller's transaction, as the mapping's owner.
class Decision {
 public:
  Decision(const pg::FunctionCall& call, pg::Sql& sql, const store::OpenConflict& conflict)
      : call_(call), sql_(sql), conflict_(conflict), mapping_(store::load_mapping(sql, conflict.mapping_id)) {
    store::require_owner("mapping", mapping_.name, mapping_.owner, mapping_.owner_name);
  }

  void carry_out(std::int64_t number, const std::string& choice) {
    const bool remote = choice == "remote", merged = choice == "merged";
    const base::Json values = merged ? merged_values(call_, conflict_) : base::Json();
    std::string key = conflict_.key;
    if (conflict_.local.empty()) {
      if (remote || merged) key = bring_back(remote, values);
    } else if (conflict_.remote.empty()) {
      if (remote) remove();
      if (merged) write(number, values.dump(), false);
    } else if (remote || merged) {
      write(number, merged ? values.dump() : conflict_.remote, remote);
    }
    // Of a row that comes back its deletion is not sent.
    store::decide_conflict(sql_, number, choice, !remote && !(merged && conflict_.local.empty()));
    if (remote || (conflict_.local.empty() && !merged)) return;
    send(key);
  }

 private:
  const pg::Table& table() {
    if (!table_) table_ = pg::describe_table(sql_, mapping_.target);
    if (!table_)
      throw Failure(Errc::undefined_object, strcat("table ", mapping_.target_name, " does not exist any more"));
    return *table_;
  }

  // What comes from there is no change that would be sent back.
  void write(std::int64_t number, const std::string& values, bool from_there) {
    const pg::AppliedBy ours(from_there ? mapping_.mapping_id : 0, table().oid);
    if (!store::update_decided(sql_, table(), conflict_.key, values))
      throw Failure(Errc::undefined_object, strcat("row ", conflict_.key, " of ", table().quoted, " is gone"), {},
                    strcat("SELECT tandem.resolve_conflict(", number, ", 'local');"));
  }

  // The row that was deleted here, as it is there or as it was given. Gives its key.
  std::string bring_back(bool from_there, const base::Json& values) {
    base::Json row = base::Json::parse(conflict_.remote).value();
    if (!from_there)
      for (const auto& [name, value] : values.members()) row.set(name, value);
    const base::Json key = base::Json::parse(conflict_.key).value();
    std::vector<std::string> row_key;
    for (const auto& [name, value] : key.members()) row_key.push_back(name);
    const pg::AppliedBy ours(from_there ? mapping_.mapping_id : 0, table().oid);
    return store::insert_decided(sql_, table(), row.dump(), row_key);
  }

  // The row of a record that was deleted there goes as any such row does.
  void remove() {
    const store::Connection connection = store::load_connection(sql_, mapping_.connection_id);
    const core::Mapping mapping = store::read_mapping(mapping_, connection, store::target_of(table()));
    const pg::AppliedBy ours(mapping_.mapping_id, table().oid);
    store::delete_decided(sql_, table(), mapping, conflict_.key);
  }

  // What is sent is what differs from what both agree on by then.
  void send(const std::string& key) {
    const std::int64_t version = store::next_version(sql_);
    const base::Instant now = base::now();
    store::put_items(sql_, mapping_.tenant_id, mapping_.mapping_id,
                     {{.key = key,
                       .op = 'u',
                       .version = version,
                       .seq = version,
                       .txid = "0",
                       .captured_at = now,
                       .changed_at = now}},
                     0);
  }

  const pg::FunctionCall& call_;
  pg::Sql& sql_;
  const store::OpenConflict& conflict_;
  store::MappingRow mapping_;
  std::optional<pg::Table> table_;
};

bool resolve_conflict(const pg::FunctionCall& call) {
  const auto number = call.integer(0);
  if (!number)
    throw Failure(Errc::invalid_parameter, "argument conflict must not be null", {}, "SELECT * FROM tandem.conflicts;");
  const std::string choice = choice_of(call);
  Caller caller(call, 3);
  const auto conflict = store::open_conflict(caller.sql, caller.tenant.tenant_id, *number);
  if (!conflict) return false;
  Decision(call, caller.sql, *conflict).carry_out(*number, choice);
  worker::wake_scheduler_at_commit();
  return true;
}

}  // namespace

}  // namespace tandem::api

// (conflict bigint, choice text, merged jsonb, tenant text) → boolean
TANDEM_FUNCTION(tandem_resolve_conflict) { return call.ret_boolean(tandem::api::resolve_conflict(call)); }
