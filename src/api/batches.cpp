// push_records, batch_status: an application hands a batch of records over and learns what
// became of it.
#include <algorithm>
#include <array>

#include "api/json_args.hpp"
#include "api/stored_mapping.hpp"
#include "base/strings.hpp"
#include "core/mapping/push.hpp"
#include "core/push/row_filter.hpp"
#include "pg/entry.hpp"
#include "store/batches.hpp"
#include "store/given_rows.hpp"
#include "store/source.hpp"
#include "worker/wake.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::strcat;

constexpr std::int64_t kMostRecords = 10'000;

void require_push(const store::MappingRow& m) {
  const std::string direction = m.definition.string_at("direction").value_or("pull");
  if (direction == "push" && store::has_source(m.definition))
    throw Failure(Errc::not_supported, strcat("mapping ", m.name, " sends the rows of its source_query"),
                  "A record that the query does not show would be deleted by the next comparison.",
                  "Make a mapping without source_query for batches.");
  if (direction == "push") return;
  if (direction == "both")
    throw Failure(Errc::not_supported, strcat("mapping ", m.name, " keeps its table and the other side in step"),
                  "What is to be sent is what is written into the table.");
  throw Failure(Errc::prerequisite, strcat("mapping ", m.name, " sends no local changes"), "Its direction is pull.",
                "create_mapping(…, direction => 'push')");
}

void add(std::vector<std::string>& names, const std::string& name) {
  if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
}

// What a record may name: columns that are sent, that identify it, or that the conditions look at.
std::vector<std::string> columns_of(const StoredMapping& stored, const std::vector<std::string>& row_key) {
  std::vector<std::string> names;
  bool whole = false;
  for (const core::ColumnMapping& column : stored.mapping.push_columns) {
    add(names, column.column);
    core::ColumnMapping turned = column;
    turned.to_local = column.to_remote;
    whole = whole || core::uses_record(turned);
  }
  for (const std::string& name : row_key) add(names, name);
  for (const std::string& name : stored.mapping.match_on) add(names, name);
  if (const auto filter = core::RowFilter::make(stored.mapping, stored.target))
    for (const std::string& name : filter->columns()) add(names, name);
  if (whole)
    for (const pg::TableColumn& column : stored.table.columns) add(names, column.name);
  return names;
}

// Says which record it was, and which of its columns where that can be told.
Failure misfit(pg::Sql& sql, const store::GivenRowPlan& plan, const std::vector<std::string>& records,
               const core::RowFault& fault) {
  std::string column;
  for (const std::string& member : store::members_of_record(sql, records[fault.record])) {
    if (store::read_given_rows(sql, plan, {member}).faults.empty()) continue;
    column = member.substr(2, member.find("\": ") - 2);
    break;
  }
  return Failure(
      Errc::invalid_text,
      strcat("record ", fault.record + 1, column.empty() ? "" : strcat(": column ", column), ": ", fault.message),
      "Nothing of the batch was taken.");
}

using Names = std::vector<std::string>;

// Their values as a JSON object; empty: one of them has none.
std::string object_of(const Names& names, const Names& read, const store::Texts& texts, base::Json& out) {
  if (names.empty()) return {};
  for (const std::string& name : names) {
    const auto& text = texts[static_cast<std::size_t>(std::ranges::find(read, name) - read.begin())];
    if (!text) return {};
    out.set(name, base::Json(*text));
  }
  return out.dump();
}

// What identifies a record: the row key, else what a record of the other side is found by.
std::string identity_of(const Names& row_key, const Names& match_on, const Names& read, const store::Texts& texts) {
  base::Json by_key = base::Json::object(), by_match = base::Json::object();
  const std::string key = object_of(row_key, read, texts, by_key);
  const std::string match = object_of(match_on, read, texts, by_match);
  if (key.empty()) return match;
  if (match.empty()) return key;
  for (const auto& [name, value] : by_match.members()) by_key.set(name, value);
  return by_key.dump();
}

std::int64_t push_records(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "mapping");
  const std::string records = call.required_text(1, "records");
  Caller caller(call, 2);
  const store::MappingRow m = store::require_own_mapping(caller.sql, caller.tenant.tenant_id, name);
  require_push(m);
  const StoredMapping stored = stored_mapping(caller.sql, m);
  const Names row_key = core::row_key(stored.mapping, stored.target);
  const std::vector<std::string> texts =
      store::checked_records(caller.sql, records, kMostRecords, columns_of(stored, row_key), m.name);
  Names read = row_key;
  for (const std::string& column : stored.mapping.match_on) add(read, column);
  const store::GivenRowPlan plan = store::make_given_row_plan(stored.table, read, false);
  const store::GivenRows rows = store::read_given_rows(caller.sql, plan, texts);
  if (!rows.faults.empty()) throw misfit(caller.sql, plan, texts, rows.faults.front());
  store::HandedOver given;
  given.tenant_id = m.tenant_id;
  given.mapping_id = m.mapping_id;
  given.records = records;
  for (const auto& row : rows.rows) given.known.push_back(identity_of(row_key, stored.mapping.match_on, read, *row));
  for (const pg::TableColumn& column : stored.table.columns) {
    given.columns.push_back(column.name);
    given.numbers.push_back(column.attnum);
  }
  const std::int64_t batch = store::take_batch(caller.sql, given);
  store::forget_batches(caller.sql, m.mapping_id, stored.mapping.keep_runs);
  worker::wake_pushers_at_commit(std::array{m.owner});
  worker::wake_scheduler_at_commit();
  return batch;
}

std::vector<pg::Out> batch_status(const pg::FunctionCall& call) {
  const auto batch = call.integer(0);
  if (!batch) throw Failure(Errc::invalid_parameter, "argument batch must not be null");
  Caller caller(call, 1);
  std::optional<store::BatchStatus> status = store::batch_status(caller.sql, caller.tenant.tenant_id, *batch);
  if (!status)
    throw Failure(Errc::undefined_object, strcat("batch ", *batch, " does not exist"),
                  "Finished batches are kept as long as runs are (option keep_runs).");
  return {status->mapping,      status->status,       status->records,      status->pending,
          status->sent,         status->failed,       status->ambiguous,    status->skipped,
          status->requested_by, status->requested_at, status->completed_at, status->results};
}

}  // namespace

}  // namespace tandem::api

// (mapping text, records jsonb, tenant text) → bigint
TANDEM_FUNCTION(tandem_push_records) { return call.ret_integer(tandem::api::push_records(call)); }

// (batch bigint, tenant text) → (mapping, status, records, pending, sent, failed, ambiguous, skipped, …, results)
TANDEM_FUNCTION(tandem_batch_status) { return call.ret_row(tandem::api::batch_status(call)); }
