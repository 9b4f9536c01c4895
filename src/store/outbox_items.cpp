#include "store/outbox_items.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "store/number_array.hpp"

namespace tandem::store {

using base::strcat;

namespace {

// A row that changes all the time must not collect numbers for ever: null is all columns. One that is under way keeps
// what it was claimed with; what was refused may go in now that it is another one. A row that nobody changed, but is
// looked at once more (no transaction), is left alone while it is under way.
constexpr const char* kPut = R"(
  INSERT INTO tandem._outbox_item AS i
         (tenant_id, mapping_id, key, was, op, version, seq, txid, changed, captured_at, changed_at, not_before)
  SELECT $1, $2, c.key::jsonb, nullif(c.was, '')::jsonb, c.op::"char", c.version, c.seq, c.txid::xid8,
         nullif(c.changed, '')::int2[], timestamptz '2000-01-01 00:00:00+00' + c.captured_at * interval '1 microsecond',
         timestamptz '2000-01-01 00:00:00+00' + c.changed_at * interval '1 microsecond',
         CASE WHEN $12 > 0 THEN timestamptz '2000-01-01 00:00:00+00' + (c.changed_at + $12) * interval '1 microsecond' END
    FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11) AS c (key, was, op, version, seq, txid, changed, captured_at, changed_at)
  ON CONFLICT (mapping_id, key) DO UPDATE
     SET op = CASE WHEN i.state <> 'c' AND i.op = 'i' AND excluded.op = 'u' THEN i.op ELSE excluded.op END,
         was = coalesce(excluded.was, i.was), version = greatest(i.version, excluded.version), txid = excluded.txid,
         seq = CASE WHEN i.version IS NOT DISTINCT FROM i.sent_version THEN excluded.seq ELSE i.seq END,
         captured_at = CASE WHEN i.version IS NOT DISTINCT FROM i.sent_version THEN excluded.captured_at ELSE i.captured_at END,
         changed = CASE WHEN i.changed IS NULL OR excluded.changed IS NULL OR cardinality(i.changed) > 1600 THEN NULL
                        ELSE i.changed || excluded.changed END,
         changed_at = greatest(i.changed_at, excluded.changed_at),
         state = CASE i.state WHEN 'f' THEN 'p' ELSE i.state END, attempts = CASE i.state WHEN 'f' THEN 0 ELSE i.attempts END,
         waits_for = NULL,
         not_before = CASE WHEN i.state = 'p' AND i.waits_for IS NOT NULL THEN excluded.not_before
                           WHEN i.state = 'f' OR $12 > 0 THEN least(excluded.not_before, i.captured_at + 10 * $12 * interval '1 microsecond')
                           ELSE i.not_before END
   WHERE i.state NOT IN ('c', 'a') OR excluded.txid <> '0'::xid8)";

struct Columns {
  std::vector<std::string> key, was, op, txid, changed;
  std::vector<std::int64_t> version, seq, captured_at, changed_at;
  void add(const core::RowChange& row) {
    key.push_back(row.key);
    was.push_back(row.was);
    op.emplace_back(1, row.op);
    txid.push_back(row.txid);
    changed.push_back(row.changed ? print_numbers(*row.changed) : std::string());
    version.push_back(row.version);
    seq.push_back(row.seq);
    captured_at.push_back(row.captured_at.micros);
    changed_at.push_back(row.changed_at.micros);
  }
};

constexpr std::string_view kItem =
    "SELECT i.item, i.key::text, i.was::text, i.op::text, i.version, i.changed::text, coalesce(i.txid::text, ''),"
    " i.captured_at, i.attempts, coalesce(i.sent_version, 0), coalesce(i.sent_op::text, ''), i.sent::text, "
    "i.idempotency_key, coalesce(i.batch, 0), i.record::text,"
    " CASE WHEN i.record IS NOT NULL THEN (SELECT jsonb_agg(k.name)::text FROM jsonb_object_keys(i.record) AS k "
    "(name)) END, i.sent_at"
    " FROM tandem._outbox_item i WHERE i.mapping_id = $1";

std::vector<std::string> names_in(const std::optional<std::string>& array) {
  std::vector<std::string> names;
  if (!array) return names;
  const base::Json json = base::Json::parse(*array).value();
  for (const base::Json& name : json.items()) names.push_back(name.string());
  return names;
}

std::vector<OutboxItem> items_of(const pg::Rows& rows) {
  std::vector<OutboxItem> items;
  items.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string& sent_op = rows.text(i, 10);
    const std::optional<std::string> changed = rows.text_or_null(i, 5);
    items.push_back({.item = rows.integer(i, 0),
                     .key = rows.text(i, 1),
                     .was = rows.text_or_null(i, 2),
                     .op = rows.text(i, 3).front(),
                     .version = rows.integer(i, 4),
                     .changed = changed ? std::optional(read_numbers(*changed)) : std::nullopt,
                     .txid = rows.text(i, 6),
                     .captured_at = rows.instant(i, 7),
                     .attempts = rows.integer(i, 8),
                     .sent_version = rows.integer(i, 9),
                     .sent_op = sent_op.empty() ? '\0' : sent_op.front(),
                     .sent = rows.text_or_null(i, 11),
                     .idempotency_key = rows.text_or_null(i, 12),
                     .batch = rows.integer(i, 13),
                     .record = rows.text_or_null(i, 14),
                     .named = names_in(rows.text_or_null(i, 15)),
                     .sent_at = rows.instant_or_null(i, 16)});
  }
  return items;
}

constexpr std::string_view kOurs = " i.run = $1 AND i.epoch = $2 AND i.state = 'c' AND i.item = ANY ($3)";

// As it was before the claim, with what changed since.
constexpr std::string_view kUnclaimed =
    " changed = CASE WHEN i.changed IS NULL OR i.sent_changed IS NULL THEN NULL ELSE i.sent_changed || i.changed END,"
    " sent_changed = NULL, run = NULL, epoch = NULL, sent = NULL, waits_for = NULL";

}  // namespace

void put_items(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const std::vector<core::RowChange>& rows,
               base::Micros settle) {
  if (rows.empty()) return;
  Columns c;
  for (const core::RowChange& row : rows) c.add(row);
  sql.engine(kPut, {tenant_id, mapping_id, c.key, c.was, c.op, c.version, c.seq, c.txid, c.changed, c.captured_at,
                    c.changed_at, settle});
}

void put_truncated(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const core::CapturedEntry& truncated,
                   const std::vector<std::string>& match_columns) {
  const std::string one = match_columns.size() == 1 ? match_columns.front() : std::string();
  sql.engine(R"(
    INSERT INTO tandem._outbox_item AS i (tenant_id, mapping_id, key, was, op, version, seq, txid, captured_at, changed_at)
    SELECT $1, $2, coalesce(c.local_key, k.key), k.key, 'd', $3, $3, $4::xid8, $5, $5
      FROM tandem._contract c
     CROSS JOIN LATERAL (SELECT CASE WHEN c.local_key IS NOT NULL THEN c.local_key
                                     WHEN $6 <> '' THEN jsonb_build_object($6, c.origin_id)
                                     ELSE (SELECT jsonb_object_agg(m.name, c.origin_id::jsonb ->> (m.place - 1)::int)
                                             FROM unnest($7) WITH ORDINALITY AS m (name, place)) END AS key) k
     WHERE c.mapping_id = $2 AND c.deleted_at IS NULL
    ON CONFLICT (mapping_id, key) DO UPDATE
       SET op = 'd', version = greatest(i.version, excluded.version), changed = NULL, was = excluded.was,
           state = CASE i.state WHEN 'f' THEN 'p' ELSE i.state END)",
             {tenant_id, mapping_id, truncated.seq, truncated.txid, truncated.at, one, match_columns});
}

std::int64_t next_version(pg::Sql& sql) { return sql.engine("SELECT nextval('tandem._outbox_seq')").integer(0, 0); }

std::vector<OutboxItem> due_items(pg::Sql& sql, std::int64_t mapping_id, std::int64_t limit) {
  return items_of(sql.engine(strcat(kItem,
                                    " AND i.state = 'p' AND (i.not_before IS NULL OR i.not_before <= clock_timestamp())"
                                    " AND NOT EXISTS (SELECT FROM tandem._conflict c WHERE c.mapping_id = $1 AND c.key "
                                    "= i.key AND c.resolved_at IS NULL)"
                                    " ORDER BY i.seq LIMIT $2 FOR UPDATE SKIP LOCKED"),
                             {mapping_id, limit}));
}

std::vector<OutboxItem> pending_items(pg::Sql& sql, std::int64_t mapping_id, std::int64_t limit) {
  return items_of(sql.engine(strcat(kItem, " AND i.state = 'p' ORDER BY i.seq LIMIT $2"), {mapping_id, limit}));
}

std::vector<OutboxItem> ambiguous_items(pg::Sql& sql, const RunSpec& spec, std::int64_t limit) {
  return items_of(
      sql.engine(strcat(kItem,
                        " AND (i.state = 'a' OR i.state = 'c' AND (i.run, i.epoch) IS DISTINCT FROM ($3, $4))"
                        " AND (i.not_before IS NULL OR i.not_before <= clock_timestamp())"
                        " ORDER BY i.seq LIMIT $2 FOR UPDATE SKIP LOCKED"),
                 {spec.mapping_id, limit, spec.run, spec.epoch}));
}

std::vector<WaitingItem> items_of_keys(pg::Sql& sql, std::int64_t mapping_id, const std::vector<std::string>& keys) {
  std::vector<WaitingItem> items;
  if (keys.empty()) return items;
  // Told by the key as it was asked for: jsonb prints it in its own way.
  const pg::Rows rows = sql.engine_by_index(R"(
    SELECT i.item, k.key, i.state::text, i.changed_at FROM unnest($2) AS k (key)
      JOIN tandem._outbox_item i ON i.mapping_id = $1 AND i.key = k.key::jsonb)",
                                            std::vector<pg::Param>{mapping_id, keys});
  for (std::size_t i = 0; i < rows.size(); ++i)
    items.push_back({rows.integer(i, 0), rows.text(i, 1), rows.text(i, 2).front(), rows.instant(i, 3)});
  return items;
}

std::optional<WaitingItem> deletion_of(pg::Sql& sql, std::int64_t mapping_id, const std::string& values) {
  const pg::Rows rows = sql.engine(
      "SELECT item, key::text, state::text, changed_at FROM tandem._outbox_item"
      " WHERE mapping_id = $1 AND op = 'd' AND (coalesce(was, '{}'::jsonb) || key) @> $2::jsonb LIMIT 1",
      {mapping_id, values});
  if (rows.empty()) return std::nullopt;
  return WaitingItem{rows.integer(0, 0), rows.text(0, 1), rows.text(0, 2).front(), rows.instant(0, 3)};
}

bool creates_under_way(pg::Sql& sql, std::int64_t mapping_id) {
  return sql.engine(
                "SELECT FROM tandem._outbox_item WHERE mapping_id = $1 AND state IN ('c', 'a') AND sent_op IN ('c', "
                "'s') LIMIT 1",
                {mapping_id})
             .processed() > 0;
}

std::optional<base::Instant> next_due_item(pg::Sql& sql, std::int64_t mapping_id) {
  return sql
      .engine(
          "SELECT min(not_before) FROM tandem._outbox_item WHERE mapping_id = $1 AND state IN ('p', 'a') AND "
          "not_before < 'infinity'",
          {mapping_id})
      .instant_or_null(0, 0);
}

std::int64_t count_pending(pg::Sql& sql, std::int64_t mapping_id, std::int64_t limit) {
  return sql
      .engine("SELECT count(*) FROM (SELECT FROM tandem._outbox_item WHERE mapping_id = $1 AND state = 'p' LIMIT $2) i",
              {mapping_id, limit})
      .integer(0, 0);
}

void record_attempts(pg::Sql& sql, const RunSpec& spec, const std::vector<Attempt>& attempts) {
  if (attempts.empty()) return;
  std::vector<std::int64_t> items;
  std::vector<std::string> ops, keys, sent;
  for (const Attempt& attempt : attempts) {
    items.push_back(attempt.item);
    ops.emplace_back(1, attempt.op);
    keys.push_back(attempt.idempotency_key);
    sent.push_back(attempt.sent);
  }
  sql.engine_by_index(R"(
    UPDATE tandem._outbox_item i
       SET state = 'c', run = $1, epoch = $2, attempts = i.attempts + 1, sent_version = i.version, sent_op = a.op::"char",
           sent_changed = i.changed, changed = '{}', sent_at = clock_timestamp(), idempotency_key = nullif(a.key, ''),
           sent = nullif(a.sent, '')::jsonb, waits_for = NULL, not_before = NULL
      FROM unnest($3, $4, $5, $6) AS a (item, op, key, sent)
     WHERE i.item = a.item)",
                      std::vector<pg::Param>{spec.run, spec.epoch, items, ops, keys, sent});
}

std::vector<std::int64_t> settle_items(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items) {
  if (items.empty()) return {};
  const pg::Rows gone = sql.engine(
      strcat("DELETE FROM tandem._outbox_item i WHERE", kOurs, " AND i.version = i.sent_version RETURNING i.item"),
      {spec.run, spec.epoch, items});
  if (gone.size() < items.size())
    sql.engine(strcat("UPDATE tandem._outbox_item i SET state = 'p', attempts = 0, sent_changed = NULL, sent = NULL,"
                      " op = CASE i.op WHEN 'i' THEN 'u' ELSE i.op END WHERE",
                      kOurs),
               {spec.run, spec.epoch, items});
  return gone.integers(0);
}

void release_items(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items,
                   std::optional<base::Instant> not_before, bool counts) {
  if (items.empty()) return;
  sql.engine(strcat("UPDATE tandem._outbox_item i SET state = 'p', not_before = $4, attempts = i.attempts - CASE WHEN "
                    "$5 THEN 0 ELSE 1 END,",
                    kUnclaimed, " WHERE", kOurs),
             {spec.run, spec.epoch, items, not_before, counts});
}

void leave_ambiguous(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items) {
  if (items.empty()) return;
  sql.engine(strcat("UPDATE tandem._outbox_item i SET state = 'a' WHERE", kOurs), {spec.run, spec.epoch, items});
}

void leave_to_person(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items) {
  if (items.empty()) return;
  sql.engine(
      strcat("UPDATE tandem._outbox_item i SET state = 'a', not_before = 'infinity', waits_for = 'a person' WHERE",
             kOurs),
      {spec.run, spec.epoch, items});
}

void reclaim_items(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items) {
  if (items.empty()) return;
  sql.engine(
      "UPDATE tandem._outbox_item SET state = 'c', run = $1, epoch = $2, attempts = attempts + 1, sent_at = "
      "clock_timestamp(),"
      " not_before = NULL WHERE item = ANY ($3)",
      {spec.run, spec.epoch, items});
}

void reopen_items(pg::Sql& sql, const std::vector<std::int64_t>& items) {
  if (!items.empty())
    sql.engine(strcat("UPDATE tandem._outbox_item i SET state = 'p', not_before = NULL,", kUnclaimed,
                      " WHERE i.item = ANY ($1)"),
               {items});
}

void hold_items(pg::Sql& sql, const std::vector<std::int64_t>& items) {
  if (!items.empty())
    sql.engine(
        "UPDATE tandem._outbox_item SET state = 'a', not_before = 'infinity', waits_for = 'a person' WHERE item = ANY "
        "($1)",
        {items});
}

void park_items(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& items) {
  if (items.empty()) return;
  // One that changed since it was sent is another one now: it goes on.
  sql.engine(strcat("UPDATE tandem._outbox_item i SET state = CASE WHEN i.version = i.sent_version THEN 'f'::\"char\" "
                    "ELSE 'p' END,",
                    kUnclaimed, " WHERE", kOurs),
             {spec.run, spec.epoch, items});
}

void drop_items(pg::Sql& sql, const std::vector<std::int64_t>& items) {
  if (!items.empty()) sql.engine("DELETE FROM tandem._outbox_item WHERE item = ANY ($1)", {items});
}

void refuse_items(pg::Sql& sql, const std::vector<std::int64_t>& items) {
  if (!items.empty())
    sql.engine("UPDATE tandem._outbox_item SET state = 'f', attempts = attempts + 1 WHERE item = ANY ($1)", {items});
}

void wake_items(pg::Sql& sql, const std::string& what_for) {
  sql.engine("UPDATE tandem._outbox_item SET not_before = NULL, waits_for = NULL WHERE waits_for = $1 AND state = 'p'",
             {what_for});
}

void put_off_items(pg::Sql& sql, const std::vector<std::int64_t>& items, base::Instant until,
                   const std::string& what_for) {
  if (items.empty()) return;
  sql.engine("UPDATE tandem._outbox_item SET not_before = $2, waits_for = $3 WHERE item = ANY ($1)",
             {items, until, what_for});
}

}  // namespace tandem::store
