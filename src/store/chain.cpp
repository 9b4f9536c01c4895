#include "store/chain.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "pg/error.hpp"
#include "pg/transaction.hpp"

namespace tandem::store {

namespace {

// A mapping that runs at the moment is run once more; one that waits takes over what is asked for.
constexpr const char* kStart = R"(
  WITH made AS (
    INSERT INTO tandem._run (tenant_id, mapping_id, owner, trigger, requested_by, "full", chain)
    SELECT m.tenant_id, m.mapping_id, m.owner, $2, session_user, $3, $4::text::bigint[] || $5
      FROM tandem._mapping m WHERE m.mapping_id = ANY ($1)
    ON CONFLICT (mapping_id, kind) WHERE status IN ('pending', 'running') DO NOTHING
    RETURNING mapping_id)
  UPDATE tandem._run r SET again = r.status = 'running', again_full = r.again_full OR ($3 AND r.status = 'running'), position = CASE WHEN r."full" OR NOT $3 OR r.status = 'running' THEN r.position END, "full" = r."full" OR ($3 AND r.status = 'pending')
   WHERE r.mapping_id = ANY ($1) AND r.kind = 'pull' AND r.status IN ('pending', 'running') AND r.mapping_id NOT IN (SELECT mapping_id FROM made))";

void start(pg::Sql& sql, const RunSpec& spec, const std::vector<std::int64_t>& mappings, const char* trigger) {
  if (mappings.empty()) return;
  sql.engine(kStart, {mappings, trigger, spec.full, spec.chain, spec.mapping_id});
}

Followed start_follow_ups(pg::Sql& sql, const RunSpec& spec, const std::vector<std::string>& names) {
  const pg::Rows rows = sql.engine(R"(
    SELECT m.mapping_id, n.name,
           m.mapping_id IS NOT NULL AND m.enabled AND pg_has_role(session_user, m.owner, 'USAGE') AS startable,
           coalesce(m.mapping_id = ANY ($3::text::bigint[]), false) AS led_here
      FROM unnest($2) AS n (name)
      LEFT JOIN tandem._mapping m ON m.tenant_id = $1 AND m.name = n.name)",
                                   {spec.tenant_id, names, spec.chain});
  Followed out;
  std::vector<std::int64_t> wanted;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows.boolean(i, 2))
      out.impossible.push_back(rows.text(i, 1));
    else if (!rows.boolean(i, 3))
      wanted.push_back(rows.integer(i, 0));
  }
  start(sql, spec, wanted, "follow_up");
  out.started = !wanted.empty();
  return out;
}

// Those that wait for this mapping and for which every one they wait for has come to its end since their last run.
// This run counts as ended: its transaction is about to say so. A run knows what had ended when it was taken; it was
// asked for by the transaction that ended the last of them, and so a little before that end was written.
bool start_waiting(pg::Sql& sql, const RunSpec& spec) {
  const std::vector<std::int64_t> wanted = sql.engine(R"(
    SELECT m.mapping_id
      FROM tandem._mapping m
     WHERE m.tenant_id = $1 AND m.definition -> 'options' ? 'after' AND m.enabled AND NOT m.paused
       AND m.definition -> 'options' -> 'after' ? $2 AND NOT m.mapping_id = ANY ($3::text::bigint[])
       AND NOT EXISTS (
         SELECT FROM jsonb_array_elements_text(m.definition -> 'options' -> 'after') AS a (name)
          WHERE a.name <> $2 AND NOT EXISTS (
            SELECT FROM tandem._mapping w JOIN tandem._run r ON r.mapping_id = w.mapping_id
             WHERE w.tenant_id = m.tenant_id AND w.name = a.name AND r.status IN ('completed', 'partial') AND (r.kind = 'pull' OR r.kind = 'retry' AND r.created + r.updated > 0)
               AND r.completed_at > coalesce((SELECT max(coalesce(own.started_at, own.requested_at)) FROM tandem._run own
                                               WHERE own.mapping_id = m.mapping_id AND own.kind = 'pull'), '-infinity'))))",
                                                      {spec.tenant_id, spec.mapping, spec.chain})
                                               .integers(0);
  start(sql, spec, wanted, "after");
  return !wanted.empty();
}

}  // namespace

bool has_written(pg::Sql& sql, const RunSpec& spec) {
  const pg::Rows rows = sql.engine("SELECT created + updated > 0 FROM tandem._run WHERE run = $1", {spec.run});
  return !rows.empty() && rows.boolean(0, 0);
}

Followed start_following(pg::Sql& sql, const RunSpec& spec, const std::vector<core::FollowUp>& follow_ups, bool after) {
  std::vector<std::string> names;
  for (const core::FollowUp& follow_up : follow_ups)
    if (!follow_up.mapping.empty()) names.push_back(follow_up.mapping);
  Followed out;
  if (!names.empty()) out = start_follow_ups(sql, spec, names);
  if (after && start_waiting(sql, spec)) out.started = true;
  return out;
}

// `name` is looked up as SQL would: with its arguments, or else as a function of a bigint, or of nothing. Text that is
// no name at all makes Postgres raise an error, which is the same answer.
std::optional<std::string> find_follow_up_function(pg::Sql& sql, std::string_view name) try {
  pg::Savepoint savepoint(sql);
  const pg::Rows rows = sql.run(R"(
    SELECT pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, CASE p.pronargs WHEN 1 THEN 'bigint' ELSE '' END)
      FROM pg_catalog.unnest(CASE WHEN $1 OPERATOR(pg_catalog.~) '\)\s*$' THEN ARRAY[$1]
                                  ELSE ARRAY[$1 || '(bigint)', $1 || '()'] END) WITH ORDINALITY AS s (signature, place)
      JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure(s.signature)
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
     WHERE p.prokind OPERATOR(pg_catalog.=) 'f' AND NOT p.proretset
       AND (p.pronargs OPERATOR(pg_catalog.=) 0 OR p.proargtypes::text OPERATOR(pg_catalog.=) '20')
     ORDER BY s.place LIMIT 1)",
                                {name});
  savepoint.release();
  return rows.empty() ? std::nullopt : std::optional(rows.text(0, 0));
} catch (const pg::Error& error) {
  if (error.is_cancel()) throw;
  return std::nullopt;
}

void call_follow_up(pg::Sql& sql, const std::string& function, std::int64_t run) {
  const std::size_t arguments = function.find('(');
  const std::string name = function.substr(0, arguments);
  if (function.substr(arguments) == "()")
    sql.run(base::strcat("SELECT ", name, "()"));
  else
    sql.run(base::strcat("SELECT ", name, "($1)"), {run});
}

std::vector<std::string> missing_mappings(pg::Sql& sql, std::int64_t tenant_id, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  return sql
      .engine(R"(
    SELECT n.name FROM unnest($2) AS n (name)
     WHERE NOT EXISTS (SELECT FROM tandem._mapping m WHERE m.tenant_id = $1 AND m.name = n.name))",
              {tenant_id, names})
      .texts(0);
}

}  // namespace tandem::store
