#include "worker/push_unfold.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "pg/log.hpp"
#include "store/outbox_entries.hpp"
#include "store/outbox_items.hpp"
#include "store/push_runs.hpp"
#include "worker/wake.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr std::int64_t kEntriesAtOnce = 20;  // of up to 1,000 rows each
constexpr std::int64_t kRowsAtOnce = 2000;

void refresh_pushed(pg::Sql& sql, PushPlan& plan) {
  std::string version = store::pushed_mappings_version(sql, plan.table.oid);
  if (version == plan.pushed_version) return;
  plan.pushed = store::pushed_mappings(sql, plan.table);
  plan.pushed_version = std::move(version);
}

void put(pg::Sql& sql, const PushPlan& plan, const store::PushedMapping& mapping,
         const std::vector<core::CapturedEntry>& entries) {
  const base::Result<core::Unfolded> unfolded = core::unfold(entries, mapping.key);
  if (!unfolded) {  // the table has another key by now than when this was captured
    pg::log(pg::Level::warning,
            strcat("tandem: changes of ", plan.table.quoted, " cannot be told row by row: ", unfolded.error().text,
                   "; all its rows are looked at"));
    store::request_full_push(sql, mapping.mapping_id);
    return;
  }
  if (unfolded->truncated)
    store::put_truncated(sql, mapping.tenant_id, mapping.mapping_id, *unfolded->truncated, mapping.match_columns);
  store::put_items(sql, mapping.tenant_id, mapping.mapping_id, unfolded->rows, mapping.settle);
}

// "(t.a, t.b) > (…)", spelled with the operators of the key's index, is what a staged page would need; keys come back as
// texts, so the row comparison is made by their types' own input: the owner's default operators order them.
std::string scan_statement(const PushPlan& plan, const std::vector<std::string>& after) {
  std::vector<std::string> names, values, asked;
  for (std::size_t i = 0; i < plan.row_key.size(); ++i) {
    names.push_back(strcat("t.", pg::quote_identifier(plan.row_key[i])));
    if (!after.empty())
      values.push_back(strcat(pg::quote_literal(after[i]), "::", plan.table.column(plan.row_key[i])->conversion.name));
  }
  for (const core::CaptureKey::Column& other : plan.own_key.others)
    asked.push_back(strcat("t.", pg::quote_identifier(other.name)));
  std::string sql = strcat("SELECT ", base::join(names, ", "), asked.empty() ? "" : ", ", base::join(asked, ", "), " FROM ",
                           plan.table.quoted, " t");
  std::vector<std::string> conditions;
  if (!after.empty()) conditions.push_back(strcat("ROW(", base::join(names, ", "), ") > ROW(", base::join(values, ", "), ")"));
  for (const auto& [attnum, value] : plan.own_key.only_where) {
    const auto column = std::ranges::find(plan.table.columns, attnum, &pg::TableColumn::attnum);
    conditions.push_back(strcat("t.", pg::quote_identifier(column->name), "::text = ", pg::quote_literal(value)));
  }
  if (!conditions.empty()) sql += strcat(" WHERE ", base::join(conditions, " AND "));
  return strcat(sql, " ORDER BY ", base::join(names, ", "), " LIMIT ", kRowsAtOnce);
}

base::Json object_of(const std::vector<core::CaptureKey::Column>& columns, const pg::Rows& rows, std::size_t row,
                     std::size_t from) {
  base::Json json = base::Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto text = rows.text_or_null(row, from + i);
    json.set(columns[i].name, text ? base::Json(*text) : base::Json());
  }
  return json;
}

}  // namespace

bool unfold_captured(pg::Sql& sql, PushPlan& plan) {
  const std::vector<core::CapturedEntry> entries = store::take_entries(sql, plan.table.oid, kEntriesAtOnce);
  if (entries.empty()) return false;
  refresh_pushed(sql, plan);
  std::vector<pg::Oid> others;
  for (const store::PushedMapping& mapping : plan.pushed) {
    put(sql, plan, mapping, entries);
    if (mapping.mapping_id != plan.spec.mapping_id) others.push_back(mapping.owner);
  }
  if (!others.empty()) wake_pushers_at_commit(others);
  return static_cast<std::int64_t>(entries.size()) == kEntriesAtOnce;
}

std::optional<base::Json> scan_rows(pg::Sql& sql, const PushPlan& plan, const base::Json& position) {
  std::vector<std::string> after;
  if (const base::Json* at = position.find("after"); at != nullptr)
    for (const base::Json& value : at->items()) after.push_back(value.string());
  const pg::Rows rows = sql.run_as_texts(scan_statement(plan, after));
  if (rows.empty()) return std::nullopt;
  const std::int64_t version = store::next_version(sql);
  const base::Instant now = base::now();
  std::vector<core::RowChange> changes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const base::Json others = object_of(plan.own_key.others, rows, i, plan.row_key.size());
    changes.push_back({.key = object_of(plan.own_key.row, rows, i, 0).dump(),
                       .was = others.members().empty() ? std::string() : others.dump(),
                       .op = 'u',
                       .version = version,
                       .seq = version,
                       .txid = "0",
                       .captured_at = now,
                       .changed_at = now});
  }
  store::put_items(sql, plan.spec.tenant_id, plan.spec.mapping_id, changes, 0);
  if (static_cast<std::int64_t>(rows.size()) < kRowsAtOnce) return std::nullopt;
  base::Json last = base::Json::array();
  for (std::size_t i = 0; i < plan.row_key.size(); ++i) last.push(base::Json(rows.text(rows.size() - 1, i)));
  return base::Json::object({{"after", std::move(last)}});
}

}  // namespace tandem::worker
