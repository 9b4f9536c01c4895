#include "store/contracts.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/strings.hpp"
#include "pg/error.hpp"
#include "pg/staging.hpp"
#include "pg/transaction.hpp"
#include "pg/type_oids.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view kSeen = "tandem_seen";

using Columns = std::vector<pg::StagedColumn>;

Columns seen_columns() {
  return {{"n", pg::kInt4Type, -1, pg::kInvalidOid},
          {"origin_id", pg::kTextType, -1, pg::kDefaultCollation},
          {"hash", pg::kInt8Type, -1, pg::kInvalidOid}};
}

Columns remembered_columns() {
  Columns columns = seen_columns();
  columns.push_back({"local_key", pg::kTextType, -1, pg::kDefaultCollation});
  columns.push_back({"remote_version", pg::kTextType, -1, pg::kDefaultCollation});
  return columns;
}

base::Cell text_cell(std::string_view text) {
  base::Cell cell;
  cell.form = text.data() == nullptr ? base::Cell::Form::null : base::Cell::Form::text;
  cell.text = text;
  return cell;
}

base::Cell integer_cell(std::int64_t value) {
  base::Cell cell;
  cell.form = base::Cell::Form::integer;
  cell.integer = value;
  return cell;
}

std::vector<std::size_t> as_they_come(std::size_t rows) {
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

// Neighbours find their page of the index at hand.
std::vector<std::size_t> by_id(std::span<const core::Identity> rows) {
  std::vector<std::size_t> order = as_they_come(rows.size());
  std::ranges::sort(order, {}, [&](std::size_t row) { return rows[row].origin_id; });
  return order;
}

void stage(pg::StagedPage& page, std::span<const core::Identity> rows, std::span<const Extra> extras,
           const std::vector<std::size_t>& order) {
  constexpr std::size_t kBlock = 1024;
  const std::size_t width = extras.empty() ? 3 : 5;
  std::vector<base::Cell> block;
  block.reserve(std::min(kBlock, rows.size()) * width);
  for (const std::size_t i : order) {
    block.insert(block.end(), {integer_cell(static_cast<std::int64_t>(i)), text_cell(rows[i].origin_id),
                               integer_cell(static_cast<std::int64_t>(rows[i].hash))});
    if (!extras.empty())
      block.insert(block.end(), {text_cell(extras[i].local_key), text_cell(extras[i].remote_version)});
    if (block.size() < kBlock * width) continue;
    page.append(block);
    block.clear();
  }
  if (!block.empty()) page.append(block);
  page.ready();
}

// Without ON CONFLICT, which looks each id up and writes a second record to the log. False: one of them was there.
bool insert_fresh(pg::Sql& sql, const std::string& insert, std::span<const pg::Param> parameters) {
  try {
    pg::Savepoint savepoint(sql);
    sql.engine_by_index(insert, parameters);
    savepoint.release();
    return true;
  } catch (const pg::Error& error) {
    if (error.sqlstate() != "23505") throw;
    return false;
  }
}

}  // namespace

std::vector<core::Identity> changed_since_last_seen(pg::Sql& sql, std::int64_t mapping,
                                                    std::span<const core::Identity> rows) {
  std::vector<core::Identity> changed;
  if (rows.empty()) return changed;
  pg::StagedPage page(sql, kSeen, seen_columns());
  stage(page, rows, {}, as_they_come(rows.size()));
  const pg::Param parameters[] = {mapping};
  const pg::Rows found = sql.engine_by_index(
      "SELECT s.n FROM tandem_seen s WHERE NOT EXISTS (SELECT FROM tandem._contract c"
      " WHERE c.mapping_id = $1 AND c.origin_id = s.origin_id AND c.hash = s.hash AND c.deleted_at IS NULL)",
      parameters);
  changed.reserve(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) changed.push_back(rows[static_cast<std::size_t>(found.integer(i, 0))]);
  return changed;
}

Known known_contracts(pg::Sql& sql, std::int64_t mapping, std::span<const core::Identity> rows) {
  Known known;
  known.same.resize(rows.size());
  known.there.resize(rows.size());
  if (rows.empty()) return known;
  pg::StagedPage page(sql, kSeen, seen_columns());
  stage(page, rows, {}, as_they_come(rows.size()));
  const pg::Param parameters[] = {mapping};
  // OFFSET 0: each record looks up its contract. Left to choose, the planner would, while the table is thought to be
  // empty, hold every contract of the mapping against every record, and keep that plan for the whole first load.
  const pg::Rows found = sql.engine_by_index(
      "SELECT s.n, c.ordinal, c.hash = s.hash AND c.deleted_at IS NULL, c.deleted_at IS NULL FROM tandem_seen s"
      " CROSS JOIN LATERAL (SELECT k.ordinal, k.hash, k.deleted_at FROM tandem._contract k"
      " WHERE k.mapping_id = $1 AND k.origin_id = s.origin_id OFFSET 0) c",
      parameters);
  known.ordinals.reserve(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    known.ordinals.push_back(found.integer(i, 1));
    const auto row = static_cast<std::size_t>(found.integer(i, 0));
    known.same[row] = found.boolean(i, 2);
    known.there[row] = found.boolean(i, 3);
  }
  return known;
}

void remember(pg::Sql& sql, std::int64_t mapping, std::span<const core::Identity> rows, std::span<const Extra> extras,
              bool& fresh) {
  if (rows.empty()) return;
  pg::StagedPage page(sql, kSeen, extras.empty() ? seen_columns() : remembered_columns());
  stage(page, rows, extras, by_id(rows));
  const pg::Param parameters[] = {mapping};
  const std::string insert =
      base::strcat("INSERT INTO tandem._contract AS c (mapping_id, origin_id, hash, last_action",
                   extras.empty() ? "" : ", local_key, remote_version", ") SELECT $1, s.origin_id, s.hash, 'c'",
                   extras.empty() ? "" : ", s.local_key::jsonb, s.remote_version", " FROM tandem_seen s");
  if (fresh && insert_fresh(sql, insert, parameters)) return;
  fresh = false;
  sql.engine_by_index(
      base::strcat(insert,
                   " ON CONFLICT (mapping_id, origin_id) DO UPDATE SET hash = excluded.hash,"
                   " last_action = CASE WHEN c.deleted_at IS NULL THEN 'u'::\"char\" ELSE 'c' END, changed_at = now(),"
                   " created_at = coalesce(c.created_at, c.changed_at), deleted_at = NULL",
                   extras.empty() ? "" : ", local_key = excluded.local_key, remote_version = excluded.remote_version",
                   " WHERE c.hash <> excluded.hash OR c.deleted_at IS NOT NULL",
                   extras.empty() ? ""
                                  : " OR c.local_key IS DISTINCT FROM excluded.local_key"
                                    " OR c.remote_version IS DISTINCT FROM excluded.remote_version"),
      parameters);
}

void forget_all(pg::Sql& sql, std::int64_t mapping) {
  sql.engine(
      "WITH pending AS (DELETE FROM tandem._pending_delete WHERE mapping_id = $1)"
      " DELETE FROM tandem._contract WHERE mapping_id = $1",
      {mapping});
}

// Control characters part what is named, for names may hold anything else.
std::string contract_key(std::int64_t table, const std::vector<std::string>& key,
                         const std::vector<std::string>& match_on) {
  return base::strcat(table, " ", base::join(key, "\x1f"), "\x1e", base::join(match_on, "\x1f"));
}

void keep_contracts_of(pg::Sql& sql, RunSpec& spec, std::string_view key) {
  if (spec.contract_key == key) return;
  const pg::Rows changed = sql.engine(
      "UPDATE tandem._mapping SET contract_key = $2, listing_scope = NULL WHERE mapping_id = $1 AND contract_key IS "
      "DISTINCT FROM $2 "
      "RETURNING 1",
      {spec.mapping_id, key});
  if (changed.empty()) return;  // columns that it names were renamed since
  spec.listing_scope.reset();
  forget_all(sql, spec.mapping_id);
}

void follow_renamed_columns(pg::Sql& sql, std::int64_t mapping, const std::vector<std::string>& before,
                            const std::vector<std::string>& now) {
  const pg::Rows followed = sql.engine(R"(
    UPDATE tandem._mapping m SET contract_key = k.now
      FROM (SELECT mapping_id, split_part(contract_key, E'\x1e', 1) || E'\x1e' ||
                   (SELECT string_agg(coalesce(n.now, c.name), E'\x1f' ORDER BY c.place)
                      FROM unnest(string_to_array(split_part(contract_key, E'\x1e', 2), E'\x1f')) WITH ORDINALITY AS c (name, place)
                      LEFT JOIN unnest($2, $3) AS n (before, now) ON n.before = c.name) AS now
              FROM tandem._mapping WHERE mapping_id = $1) k
     WHERE m.mapping_id = k.mapping_id AND m.contract_key <> k.now AND starts_with(m.contract_key, m.target::int8 || ' ')
    RETURNING 1)",
                                       {mapping, before, now});
  if (followed.empty()) return;
  sql.engine(R"(
    UPDATE tandem._contract c
       SET local_key = (SELECT jsonb_object_agg(coalesce(n.now, k.key), k.value)
                          FROM jsonb_each(c.local_key) k LEFT JOIN unnest($2, $3) AS n (before, now) ON n.before = k.key)
     WHERE c.mapping_id = $1 AND c.local_key IS NOT NULL)",
             {mapping, before, now});
}

}  // namespace tandem::store
