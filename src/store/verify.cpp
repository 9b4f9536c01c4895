#include "store/verify.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "store/our_run.hpp"

namespace tandem::store {

namespace {

constexpr std::int64_t kMostDifferences = 10'000;  // that are kept

const char* name_of(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::missing_here:
      return "missing_here";
    case Difference::Kind::missing_there:
      return "missing_there";
    case Difference::Kind::differs:
      return "differs";
    case Difference::Kind::unusable:
      return "unusable";
  }
  return "unusable";  // not reached: the switch is exhaustive
}

// Column-wise, as unnest() wants it. A value that is null is told from an empty one by a list of its own.
struct Columns {
  std::vector<std::string> kind, origin_id, local_key, column, local, remote, message, nulls;
  void add(const Difference& d) {
    kind.emplace_back(name_of(d.kind));
    origin_id.push_back(d.origin_id);
    local_key.push_back(d.local_key.value_or(""));
    column.push_back(d.column);
    local.push_back(d.local.value_or(""));
    remote.push_back(d.remote.value_or(""));
    message.push_back(d.message);
    nulls.push_back(base::strcat(d.local ? "" : "l", d.remote ? "" : "r"));
  }
};

}  // namespace

std::int64_t request_verify(pg::Sql& sql, std::int64_t mapping_id) {
  sql.engine("SELECT FROM tandem._mapping WHERE mapping_id = $1 FOR NO KEY UPDATE", {mapping_id});
  const pg::Rows made = sql.engine(R"(
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by, "full", differences)
    SELECT tenant_id, mapping_id, owner, 'verify', 'manual', session_user, true, 0 FROM tandem._mapping WHERE mapping_id = $1
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING
    RETURNING run)",
                                   {mapping_id});
  if (!made.empty()) return made.integer(0, 0);
  const pg::Rows active = sql.engine(
      "SELECT run FROM tandem._run WHERE mapping_id = $1 AND kind = 'verify' AND status IN ('pending', 'running')",
      {mapping_id});
  return active.empty() ? request_verify(sql, mapping_id) : active.integer(0, 0);  // it ended in between
}

bool shares_table(pg::Sql& sql, const RunSpec& spec) {
  return sql.engine(
                "SELECT FROM tandem._mapping m JOIN tandem._mapping o ON o.target = m.target AND o.mapping_id <> "
                "m.mapping_id"
                " WHERE m.mapping_id = $1 LIMIT 1",
                {spec.mapping_id})
             .processed() > 0;
}

std::int64_t differences_so_far(pg::Sql& sql, const RunSpec& spec) {
  const pg::Rows rows = sql.engine("SELECT coalesce(differences, 0) FROM tandem._run WHERE run = $1", {spec.run});
  return rows.empty() ? 0 : rows.integer(0, 0);
}

void record_differences(pg::Sql& sql, const RunSpec& spec, const std::vector<Difference>& differences) {
  if (differences.empty()) return;
  const auto count = static_cast<std::int64_t>(differences.size());
  const pg::Rows rows = sql.engine(
      "UPDATE tandem._run SET differences = differences + $3 WHERE run = $1 AND epoch = $2 RETURNING differences",
      {spec.run, spec.epoch, count});
  if (rows.empty()) return;  // another worker's by now: the page will notice
  const std::int64_t room = kMostDifferences - (rows.integer(0, 0) - count);
  if (room <= 0) return;
  Columns columns;
  for (std::int64_t i = 0; i < std::min(count, room); ++i) columns.add(differences[static_cast<std::size_t>(i)]);
  sql.engine(R"(
    INSERT INTO tandem._difference (run, kind, origin_id, local_key, column_name, local_value, remote_value, message)
    SELECT $1, d.kind, nullif(d.origin_id, ''), nullif(d.local_key, '')::jsonb, nullif(d.column_name, ''),
           CASE WHEN d.nulls !~ 'l' THEN d.local END, CASE WHEN d.nulls !~ 'r' THEN d.remote END, nullif(d.message, '')
      FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY
           AS d (kind, origin_id, local_key, column_name, local, remote, message, nulls, n)
     ORDER BY d.n)",
             {spec.run, columns.kind, columns.origin_id, columns.local_key, columns.column, columns.local,
              columns.remote, columns.message, columns.nulls});
}

void keep_shown(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& hashes) {
  if (hashes.empty()) return;
  sql.engine("INSERT INTO tandem._verified (run, key_hash) SELECT $1, h FROM unnest($2) AS h ON CONFLICT DO NOTHING",
             {spec.run, hashes});
}

// The same hash as over the row's key (row_compare.cpp), where the key's columns are the record's key fields.
void keep_unusable_shown(pg::Sql& sql, const RunSpec& spec, const WritePlan& write, const core::Mapping& mapping,
                         const std::vector<Difference>& differences) {
  std::vector<std::string> ids;
  for (const Difference& d : differences)
    if (d.kind == Difference::Kind::unusable && !d.origin_id.empty()) ids.push_back(d.origin_id);
  if (ids.empty()) return;
  std::vector<std::string> parts;  // of the id, in the order of the key's columns; empty: none of it
  for (const std::size_t column : write.key_columns) {
    const core::ColumnMapping& mapped = mapping.columns[column];
    if (mapped.stamp != core::Stamp::none && mapped.constant) {
      parts.push_back(
          base::strcat("=", mapped.constant->is_string() ? mapped.constant->string() : mapped.constant->dump()));
      continue;
    }
    const auto field = std::ranges::find(mapping.key, mapped.field);
    if (field == mapping.key.end()) return;
    parts.push_back(std::to_string(field - mapping.key.begin()));
  }
  sql.engine(R"(
    INSERT INTO tandem._verified (run, key_hash)
    SELECT $1, hashtextextended((SELECT string_agg(quote_nullable(CASE WHEN p.part LIKE '=%' THEN substr(p.part, 2)
                                                                       WHEN $4 THEN i.id::jsonb ->> p.part::int
                                                                       ELSE i.id END), ',' ORDER BY p.n)
                                   FROM unnest($3) WITH ORDINALITY AS p (part, n)) COLLATE "C", 0)
      FROM unnest($2) AS i (id)
    ON CONFLICT DO NOTHING)",
             {spec.run, ids, parts, mapping.key.size() > 1});
}

std::vector<std::int64_t> not_shown(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& hashes) {
  if (hashes.empty()) return {};
  const pg::Param parameters[] = {spec.run, hashes};
  return sql
      .engine_by_index(
          "SELECT h FROM unnest($2) AS h"
          " WHERE NOT EXISTS (SELECT FROM tandem._verified v WHERE v.run = $1 AND v.key_hash = h)",
          parameters)
      .integers(0);
}

Accounted account_verified(pg::Sql& sql, const RunSpec& spec, const base::Json& position) {
  const pg::Rows rows = sql.engine(base::strcat(R"(
    UPDATE tandem._run
       SET position = $3::jsonb, phase = 'comparing', crashes = 0, last_activity_at = clock_timestamp(), waiting_on = NULL, waiting_until = NULL
     WHERE )",
                                                kOurRun, " RETURNING cancel_requested"),
                                   {spec.run, spec.epoch, position.dump()});
  return {!rows.empty(), !rows.empty() && rows.boolean(0, 0)};
}

void forget_shown(pg::Sql& sql, const RunSpec& spec) {
  sql.engine("DELETE FROM tandem._verified WHERE run = $1", {spec.run});
}

std::vector<std::vector<pg::Out>> list_differences(pg::Sql& sql, std::int64_t run) {
  const pg::Rows rows = sql.engine(
      "SELECT kind, origin_id, local_key::text, column_name, local_value, remote_value, message FROM tandem._difference"
      " WHERE run = $1 ORDER BY difference",
      {run});
  std::vector<std::vector<pg::Out>> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<pg::Out>& row = out.emplace_back();
    for (std::size_t column = 0; column < 7; ++column) row.emplace_back(rows.text_or_null(i, column));
  }
  return out;
}

}  // namespace tandem::store
