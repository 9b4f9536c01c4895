#include "store/deletes.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "store/our_run.hpp"

namespace tandem::store {

namespace {

constexpr std::int64_t kPartsAtOnce = 200;

// Each id looks up its row, for OFFSET 0 keeps the planner from turning that round: left to choose it would, while a
// table is thought to be empty, hold every row of the mapping against every id. As $1 and $2: mapping and ids.
constexpr std::string_view kContractsOfIds =
    " unnest($2) AS u (origin_id) CROSS JOIN LATERAL (SELECT k.ctid AS at, k.* FROM tandem._contract k"
    " WHERE k.mapping_id = $1 AND k.origin_id = u.origin_id OFFSET 0) f";
constexpr std::string_view kPendingOfIds =
    " unnest($2) AS u (origin_id) CROSS JOIN LATERAL (SELECT k.ctid AS at FROM tandem._pending_delete k"
    " WHERE k.mapping_id = $1 AND k.origin_id = u.origin_id OFFSET 0) f";

std::string bytes_of(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return bytes;
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    hex.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    hex.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return hex;
}

std::vector<Contract> contracts_of(const pg::Rows& rows) {
  std::vector<Contract> contracts;
  contracts.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) contracts.push_back({rows.text(i, 0), rows.text_or_null(i, 1)});
  return contracts;
}

}  // namespace

std::int64_t last_ordinal(pg::Sql& sql) {
  return sql.engine("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM tandem._contract_ordinal_seq")
      .integer(0, 0);
}

void keep_seen(pg::Sql& sql, const RunSpec& spec, std::vector<std::int64_t> ordinals) {
  if (ordinals.empty()) return;
  sql.engine("INSERT INTO tandem._seen (run, ordinals) VALUES ($1, decode($2, 'hex'))",
             {spec.run, hex_of(core::SeenSet::encode(std::move(ordinals)))});
}

core::SeenSet load_seen(pg::Sql& sql, const RunSpec& spec) {
  core::SeenSet seen;
  for (std::int64_t after = 0;;) {
    const pg::Rows rows = sql.engine(
        "SELECT part, encode(ordinals, 'hex') FROM tandem._seen WHERE run = $1 AND part > $2 ORDER BY part LIMIT $3",
        {spec.run, after, kPartsAtOnce});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!seen.add(bytes_of(rows.text(i, 1))))
        throw base::Failure(base::Errc::internal, base::strcat("what run ", spec.run, " has seen cannot be read back"));
      after = rows.integer(i, 0);
    }
    if (rows.size() < static_cast<std::size_t>(kPartsAtOnce)) return seen;
  }
}

std::optional<SweepFacts> sweep_facts(pg::Sql& sql, const RunSpec& spec) {
  const pg::Rows rows =
      sql.engine(base::strcat("UPDATE tandem._run SET phase = 'deleting', last_activity_at = clock_timestamp() WHERE ",
                              kOurRun, " RETURNING records_read, deleted, total, delete_limit"),
                 {spec.run, spec.epoch});
  if (rows.empty()) return std::nullopt;
  return SweepFacts{rows.integer(0, 0), rows.integer(0, 1), rows.integer_or_null(0, 2), rows.integer_or_null(0, 3)};
}

// The multirange is read once, not per row: that is what the sub-select is for.
GoneCount count_gone(pg::Sql& sql, std::int64_t mapping, const std::string& unseen) {
  const pg::Rows rows = sql.engine(
      "SELECT count(*), count(*) FILTER (WHERE c.ordinal <@ (SELECT $2::int8multirange)) FROM tandem._contract c"
      " WHERE c.mapping_id = $1 AND c.deleted_at IS NULL",
      {mapping, unseen});
  return {rows.integer(0, 0), rows.integer(0, 1)};
}

std::int64_t count_live(pg::Sql& sql, std::int64_t mapping) {
  return sql.engine("SELECT count(*) FROM tandem._contract WHERE mapping_id = $1 AND deleted_at IS NULL", {mapping})
      .integer(0, 0);
}

std::vector<Contract> next_contracts(pg::Sql& sql, std::int64_t mapping, const std::string& unseen, Which which,
                                     const std::string& after, std::int64_t limit) {
  const pg::Param parameters[] = {mapping, unseen, after, limit, which == Which::gone};
  return contracts_of(sql.engine_by_index(
      "SELECT c.origin_id, c.local_key FROM tandem._contract c WHERE c.mapping_id = $1 AND c.origin_id > $3"
      " AND c.deleted_at IS NULL AND (c.ordinal <@ (SELECT $2::int8multirange)) = $5 ORDER BY c.origin_id LIMIT $4",
      parameters));
}

std::vector<Contract> live_contracts(pg::Sql& sql, std::int64_t mapping, const std::vector<std::string>& origin_ids) {
  const pg::Param parameters[] = {mapping, origin_ids};
  return contracts_of(sql.engine_by_index(
      base::strcat("SELECT f.origin_id, f.local_key FROM", kContractsOfIds, " WHERE f.deleted_at IS NULL"),
      parameters));
}

std::vector<Contract> contracts_with_key(pg::Sql& sql, std::int64_t mapping,
                                         const std::vector<std::string>& origin_ids) {
  const pg::Param parameters[] = {mapping, origin_ids};
  return contracts_of(sql.engine_by_index(
      base::strcat("SELECT f.origin_id, f.local_key FROM", kContractsOfIds, " WHERE f.local_key IS NOT NULL"),
      parameters));
}

std::vector<std::string> sharing_a_row(pg::Sql& sql, std::int64_t mapping, const std::vector<std::string>& origin_ids) {
  const pg::Param parameters[] = {mapping, origin_ids};
  return sql
      .engine_by_index(base::strcat("SELECT f.origin_id FROM", kContractsOfIds, R"(
 CROSS JOIN LATERAL (
   SELECT FROM tandem._contract o
    WHERE o.mapping_id = $1 AND o.local_key IS NOT NULL AND o.local_key = f.local_key
      AND jsonb_hash_extended(o.local_key, 0) = jsonb_hash_extended(f.local_key, 0)
      AND o.origin_id <> f.origin_id AND o.deleted_at IS NULL OFFSET 0) other)"),
                       parameters)
      .texts(0);
}

// By ctid: nobody but the run that holds the mapping changes its contracts.
void mark_deleted(pg::Sql& sql, std::int64_t mapping, const std::vector<std::string>& origin_ids) {
  const pg::Param parameters[] = {mapping, origin_ids};
  sql.engine_by_index(
      base::strcat("UPDATE tandem._contract c SET deleted_at = now(), changed_at = now(), last_action = 'd',"
                   " created_at = coalesce(c.created_at, c.changed_at) FROM",
                   kContractsOfIds, " WHERE c.ctid = f.at"),
      parameters);
}

void drop_contracts(pg::Sql& sql, std::int64_t mapping, const std::vector<std::string>& origin_ids) {
  const pg::Param parameters[] = {mapping, origin_ids};
  sql.engine_by_index(base::strcat("DELETE FROM tandem._contract c USING", kContractsOfIds, " WHERE c.ctid = f.at"),
                      parameters);
}

void forget_pending(pg::Sql& sql, const RunSpec& spec, const std::string& unseen) {
  sql.engine(R"(
    DELETE FROM tandem._pending_delete p
     WHERE p.mapping_id = $1
       AND CASE WHEN p.uncovered
                THEN NOT EXISTS (SELECT FROM tandem._contract c
                                  WHERE c.mapping_id = $1 AND c.origin_id = p.origin_id AND c.deleted_at IS NULL
                                    AND c.ordinal <@ (SELECT $3::int8multirange))
                ELSE p.run <> $2 END)",
             {spec.mapping_id, spec.run, unseen});
}

void forget_pending(pg::Sql& sql, const RunSpec& spec, const std::vector<std::string>& origin_ids) {
  const pg::Param parameters[] = {spec.mapping_id, origin_ids};
  sql.engine_by_index(base::strcat("DELETE FROM tandem._pending_delete p USING", kPendingOfIds, " WHERE p.ctid = f.at"),
                      parameters);
}

void hold_back(pg::Sql& sql, const RunSpec& spec, const std::string& unseen, const std::string& after) {
  sql.engine(
      "INSERT INTO tandem._pending_delete (mapping_id, origin_id, local_key, run)"
      " SELECT c.mapping_id, c.origin_id, c.local_key, $4 FROM tandem._contract c WHERE c.mapping_id = $1"
      " AND c.origin_id > $3 AND c.deleted_at IS NULL AND c.ordinal <@ (SELECT $2::int8multirange)"
      " ON CONFLICT (mapping_id, origin_id) DO UPDATE SET run = excluded.run",
      {spec.mapping_id, unseen, after, spec.run});
}

void hold_back(pg::Sql& sql, const RunSpec& spec, const std::vector<Contract>& contracts) {
  std::vector<std::string> ids;
  for (const Contract& contract : contracts) ids.push_back(contract.origin_id);
  std::ranges::sort(ids);  // a row cannot be changed twice by one statement
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const pg::Param parameters[] = {spec.mapping_id, ids, spec.run};
  sql.engine_by_index(
      base::strcat("INSERT INTO tandem._pending_delete (mapping_id, origin_id, local_key, run)"
                   " SELECT f.mapping_id, f.origin_id, f.local_key, $3 FROM",
                   kContractsOfIds, " ON CONFLICT (mapping_id, origin_id) DO UPDATE SET run = excluded.run"),
      parameters);
}

bool asks_for_else(pg::Sql& sql, RunSpec& spec, const std::string& scope) {
  if (spec.listing_scope == scope) return false;
  const pg::Rows rows = sql.engine(
      "UPDATE tandem._mapping SET listing_scope = coalesce(listing_scope, $2) WHERE mapping_id = $1"
      " AND listing_scope IS DISTINCT FROM $2 RETURNING listing_scope <> $2",
      {spec.mapping_id, scope});
  return !rows.empty() && rows.boolean(0, 0);
}

std::int64_t leave_uncovered(pg::Sql& sql, const RunSpec& spec, const std::string& unseen, const std::string& scope) {
  sql.engine("UPDATE tandem._mapping SET listing_scope = $2 WHERE mapping_id = $1", {spec.mapping_id, scope});
  return static_cast<std::int64_t>(
      sql.engine("INSERT INTO tandem._pending_delete (mapping_id, origin_id, local_key, run, uncovered)"
                 " SELECT c.mapping_id, c.origin_id, c.local_key, $3, true FROM tandem._contract c"
                 " WHERE c.mapping_id = $1 AND c.deleted_at IS NULL AND c.ordinal <@ (SELECT $2::int8multirange)"
                 " ON CONFLICT (mapping_id, origin_id) DO UPDATE SET run = excluded.run, uncovered = true",
                 {spec.mapping_id, unseen, spec.run})
          .processed());
}

std::string without_uncovered(pg::Sql& sql, const RunSpec& spec, const std::string& unseen) {
  return sql
      .engine(
          "SELECT ($2::int8multirange - coalesce((SELECT range_agg(int8range(c.ordinal, c.ordinal, '[]'))"
          " FROM tandem._pending_delete p CROSS JOIN LATERAL (SELECT k.ordinal FROM tandem._contract k"
          " WHERE k.mapping_id = p.mapping_id AND k.origin_id = p.origin_id OFFSET 0) c"
          " WHERE p.mapping_id = $1 AND p.uncovered), '{}'))::text",
          {spec.mapping_id, unseen})
      .text(0, 0);
}

Accounted account_sweep(pg::Sql& sql, const RunSpec& spec, std::int64_t deleted, std::int64_t failed,
                        const base::Json& position) {
  const pg::Rows rows = sql.engine(base::strcat(R"(
    UPDATE tandem._run
       SET deleted = deleted + $3, failed = failed + $4, position = $5::jsonb, crashes = 0,
           last_activity_at = clock_timestamp(), waiting_on = NULL, waiting_until = NULL
     WHERE )",
                                                kOurRun, " RETURNING cancel_requested"),
                                   {spec.run, spec.epoch, deleted, failed, position.dump()});
  return {!rows.empty(), !rows.empty() && rows.boolean(0, 0)};
}

std::optional<std::int64_t> request_approved_run(pg::Sql& sql, std::int64_t mapping_id, std::int64_t at_most) {
  bool created = false;
  const std::int64_t run = request_run(sql, mapping_id, true, base::Json::object(), created);
  const pg::Rows changed = sql.engine(
      "UPDATE tandem._run SET delete_limit = $2 WHERE run = $1 AND status = 'pending' AND attempt = 0 AND params = "
      "'{}' RETURNING 1",
      {run, at_most});
  return changed.empty() ? std::nullopt : std::optional(run);
}

}  // namespace tandem::store
