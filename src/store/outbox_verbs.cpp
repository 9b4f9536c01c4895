#include "store/outbox_verbs.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/strings.hpp"
#include "store/batches.hpp"
#include "store/outbox_items.hpp"
#include "store/push_contracts.hpp"
#include "store/source.hpp"

namespace tandem::store {

using base::strcat;

namespace {

using Column = core::CaptureKey::Column;

void check_key(const base::Json& given, const core::CaptureKey& key) {
  const auto named = [&](const Column& column) {
    const base::Json* value = given.find(column.name);
    return value != nullptr && !value->is_null();
  };
  if (given.is_object() && given.members().size() == key.row.size() && std::ranges::all_of(key.row, named)) return;
  base::Json example = base::Json::object();
  for (const Column& column : key.row) example.set(column.name, base::Json(std::string("…")));
  throw base::Failure(base::Errc::invalid_parameter, strcat(given.dump(), " is not the key of a row of this mapping"),
                      {}, strcat("Keys look like ", example.dump(), "."));
}

// (k ->> 'id')::bigint
std::string given_value(const pg::Table& table, const Column& column) {
  const auto found = std::ranges::find(table.columns, column.attnum, &pg::TableColumn::attnum);
  return strcat("(k.k OPERATOR(pg_catalog.->>) ", pg::quote_literal(column.name), ")::", found->conversion.name);
}

std::string keys_statement(const pg::Table& table, const core::CaptureKey& key, const std::string& keys, bool rows) {
  std::vector<std::string> asked, joined, where;
  for (const Column& column : key.row) {
    asked.push_back(given_value(table, column));
    joined.push_back(strcat("t.", pg::quote_identifier(column.name), " = ", asked.back()));
  }
  const std::string from =
      strcat(" FROM pg_catalog.jsonb_array_elements(", pg::quote_literal(keys), "::pg_catalog.jsonb) AS k (k)");
  if (!rows) return strcat("SELECT ", base::join(asked, ", "), from);
  for (const Column& other : key.others) asked.push_back(strcat("t.", pg::quote_identifier(other.name)));
  const std::string missing = strcat("t.", pg::quote_identifier(key.row.front().name), " IS NULL");
  asked.push_back(strcat("CASE WHEN ", missing, " THEN 'd' ELSE 'u' END"));
  for (const auto& [attnum, value] : key.only_where)
    where.push_back(
        strcat("t.", pg::quote_identifier(std::ranges::find(table.columns, attnum, &pg::TableColumn::attnum)->name),
               "::text = ", pg::quote_literal(value)));
  return strcat("SELECT ", base::join(asked, ", "), from, " LEFT JOIN ", rows_of(table), " t ON ",
                base::join(joined, " AND "),
                where.empty() ? "" : strcat(" WHERE ", missing, " OR ", base::join(where, " AND ")));
}

std::string object_of(const std::vector<Column>& columns, const pg::Rows& rows, std::size_t row, std::size_t from) {
  base::Json json = base::Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto text = rows.text_or_null(row, from + i);
    json.set(columns[i].name, text ? base::Json(*text) : base::Json());
  }
  return json.dump();
}

}  // namespace

CapturedCount captured_changes(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows rows = sql.engine(R"(
    SELECT coalesce(sum(e.n), 0)::bigint, min(e.at)
      FROM tandem._mapping m JOIN tandem._outbox e ON e."table" = m.target AND e.origin IS DISTINCT FROM m.mapping_id
     WHERE m.mapping_id = $1 AND m.captured)",
                                   {mapping_id});
  return {rows.integer(0, 0), rows.instant_or_null(0, 1)};
}

std::vector<core::RowChange> rows_of_keys(pg::Sql& sql, const pg::Table& table, const core::CaptureKey& key,
                                          const std::string& keys) {
  const base::Json all = base::Json::parse(keys).value();
  for (const base::Json& given : all.items()) check_key(given, key);
  const pg::Rows found = sql.run_as_texts(keys_statement(table, key, keys, true));
  std::vector<core::RowChange> changes;
  if (found.empty()) return changes;
  const std::int64_t version = next_version(sql);
  const base::Instant now = base::now();
  const std::size_t others = key.row.size(), op = others + key.others.size();
  for (std::size_t i = 0; i < found.size(); ++i) {
    core::RowChange change{.key = object_of(key.row, found, i, 0),
                           .op = found.text(i, op).front(),
                           .version = version,
                           .seq = version,
                           .txid = "0",
                           .captured_at = now,
                           .changed_at = now};
    if (change.op != 'd' && !key.others.empty()) change.was = object_of(key.others, found, i, others);
    changes.push_back(std::move(change));
  }
  std::ranges::sort(changes, {}, &core::RowChange::key);
  changes.erase(std::unique(changes.begin(), changes.end(),
                            [](const core::RowChange& a, const core::RowChange& b) { return a.key == b.key; }),
                changes.end());
  return changes;
}

std::string canonical_key(pg::Sql& sql, const pg::Table& table, const core::CaptureKey& key, const std::string& given) {
  check_key(base::Json::parse(given).value(), key);
  return object_of(key.row, sql.run_as_texts(keys_statement(table, key, strcat("[", given, "]"), false)), 0, 0);
}

std::int64_t retry_items(pg::Sql& sql, std::int64_t mapping_id, const std::optional<std::string>& key) {
  // What was sent without a word of what became of it is sent as the row is now, with all that changed.
  return static_cast<std::int64_t>(sql.engine(R"(
    UPDATE tandem._outbox_item i
       SET state = 'p', attempts = 0, not_before = NULL, waits_for = NULL, sent_changed = NULL, sent = NULL, run = NULL, epoch = NULL,
           changed = CASE WHEN i.state = 'f' THEN i.changed
                          WHEN i.changed IS NULL OR i.sent_changed IS NULL THEN NULL ELSE i.sent_changed || i.changed END
     WHERE i.mapping_id = $1 AND ($2::jsonb IS NULL OR i.key = $2::jsonb)
       AND (i.state = 'f' OR i.state = 'a' AND i.not_before = 'infinity'))",
                                              {mapping_id, key})
                                       .processed());
}

Dropped drop_item(pg::Sql& sql, std::int64_t mapping_id, const std::string& key) {
  const bool gone =
      sql.engine("DELETE FROM tandem._outbox_item WHERE mapping_id = $1 AND key = $2::jsonb AND state <> 'c'",
                 {mapping_id, key})
          .processed() > 0;
  if (gone) return Dropped::dropped;
  const bool there =
      sql.engine("SELECT FROM tandem._outbox_item WHERE mapping_id = $1 AND key = $2::jsonb", {mapping_id, key})
          .processed() > 0;
  return there ? Dropped::kept : Dropped::none;
}

std::optional<std::string> item_of_error(pg::Sql& sql, std::int64_t error) {
  const pg::Rows rows = sql.engine(
      "SELECT i.key::text FROM tandem._sync_error e JOIN tandem._outbox_item i ON i.mapping_id = e.mapping_id"
      " AND i.key::text = e.origin_id WHERE e.error = $1",
      {error});
  return rows.empty() ? std::nullopt : std::optional(rows.text(0, 0));
}

std::string captured_values(pg::Sql& sql, std::int64_t mapping_id, const std::string& key,
                            const std::vector<std::string>& columns) {
  return sql
      .engine(R"(
    SELECT jsonb_object_agg(c.name, (coalesce(i.was, '{}') || i.key) -> c.name)::text
      FROM tandem._outbox_item i, unnest($3) AS c (name) WHERE i.mapping_id = $1 AND i.key = $2::jsonb)",
              {mapping_id, key, columns})
      .text(0, 0);
}

bool settle_as_told(pg::Sql& sql, std::int64_t mapping_id, const std::string& key, const ToldRecord& told) {
  const pg::Rows item = sql.engine(
      "SELECT state::text, op = 'd' OR coalesce(sent_op = 'd', false), version IS NOT DISTINCT FROM sent_version"
      " FROM tandem._outbox_item WHERE mapping_id = $1 AND key = $2::jsonb FOR UPDATE",
      {mapping_id, key});
  if (item.empty() || item.text(0, 0) == "c") return false;
  const bool settled = told.arrived && item.boolean(0, 2);
  acknowledge(sql, mapping_id,
              {{.origin_id = told.remote_id,
                .local_key = told.contract_key,
                .action = settled && item.boolean(0, 1) ? 'd' : 'c'}});
  if (settled) {
    const pg::Rows ids = sql.engine(
        "SELECT item, version FROM tandem._outbox_item WHERE mapping_id = $1 AND key = $2::jsonb AND batch IS NOT NULL",
        {mapping_id, key});
    if (!ids.empty()) settle_batch_records(sql, {{ids.integer(0, 0), ids.integer(0, 1), told.remote_id}});
    sql.engine("DELETE FROM tandem._outbox_item WHERE mapping_id = $1 AND key = $2::jsonb", {mapping_id, key});
  } else {  // the record may hold anything
    sql.engine(R"(
      UPDATE tandem._outbox_item
         SET state = 'p', op = CASE op WHEN 'i' THEN 'u' ELSE op END, changed = NULL, sent_changed = NULL, sent = NULL, run = NULL,
             epoch = NULL, attempts = 0, not_before = NULL, waits_for = NULL
       WHERE mapping_id = $1 AND key = $2::jsonb)",
               {mapping_id, key});
  }
  return true;
}

std::int64_t push_run(pg::Sql& sql, std::int64_t mapping_id) {
  sql.engine("UPDATE tandem._mapping SET push_not_before = NULL WHERE mapping_id = $1", {mapping_id});
  const pg::Rows made = sql.engine(R"(
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by)
    SELECT tenant_id, mapping_id, owner, 'push', 'retry', session_user FROM tandem._mapping WHERE mapping_id = $1
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO UPDATE SET again = _run.again OR _run.status = 'running'
    RETURNING run)",
                                   {mapping_id});
  return made.integer(0, 0);
}

RowMark mark_row(pg::Sql& sql, std::int64_t mapping_id, const std::string& key) {
  const pg::Rows rows = sql.engine(R"(
    SELECT greatest((SELECT max(e.seq) FROM tandem._outbox e WHERE e."table" = m.target AND m.captured),
                    (SELECT greatest(i.seq, i.version) FROM tandem._outbox_item i WHERE i.mapping_id = $1 AND i.key = $2::jsonb), 0),
           m.captured AND EXISTS (SELECT FROM tandem._outbox e WHERE e."table" = m.target AND e.txid = pg_current_xact_id_if_assigned())
      FROM tandem._mapping m WHERE m.mapping_id = $1)",
                                   {mapping_id, key});
  if (rows.empty()) return {};
  return {rows.integer(0, 0), rows.boolean(0, 1)};
}

std::string state_of_row(pg::Sql& sql, std::int64_t mapping_id, const std::string& key, std::int64_t seq) {
  return sql
      .engine(R"(
    SELECT coalesce((SELECT CASE WHEN i.state = 'f' THEN 'parked' WHEN i.state = 'a' AND i.not_before = 'infinity' THEN 'ambiguous'
                                 ELSE 'pending' END
                       FROM tandem._outbox_item i WHERE i.mapping_id = $1 AND i.key = $2::jsonb AND i.seq <= $3),
                    (SELECT 'pending' FROM tandem._mapping m
                      WHERE m.mapping_id = $1 AND m.captured AND EXISTS (SELECT FROM tandem._outbox e WHERE e."table" = m.target AND e.seq <= $3)),
                    'synced'))",
              {mapping_id, key, seq})
      .text(0, 0);
}

}  // namespace tandem::store
