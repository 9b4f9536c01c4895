#include "store/doctor.hpp"

#include "base/strings.hpp"

namespace tandem::store {

namespace {

std::vector<StatusFacts> states(const pg::Rows& rows) {
  std::vector<StatusFacts> facts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    facts.push_back(
        {rows.text(i, 0), rows.text(i, 1), rows.text(i, 2), rows.text_or_null(i, 3), rows.text_or_null(i, 4)});
  }
  return facts;
}

}  // namespace

std::string server_version(pg::Sql& sql) { return sql.engine("SELECT current_setting('server_version')").text(0, 0); }

ServerFacts server_facts(pg::Sql& sql) {
  ServerFacts facts;
  // Read as the caller, who may be one to whom the list of libraries is shown.
  const pg::Rows settings = sql.run(
      "SELECT (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries'),"
      " pg_catalog.current_setting('max_worker_processes')::pg_catalog.int8");
  facts.preload_libraries = settings.text_or_null(0, 0);
  facts.max_worker_processes = settings.integer(0, 1);
  facts.engine_role_excess =
      sql.engine(
             "SELECT a.attribute FROM pg_catalog.pg_roles r CROSS JOIN LATERAL (VALUES ('SUPERUSER', r.rolsuper),"
             " ('LOGIN', r.rolcanlogin), ('CREATEDB', r.rolcreatedb), ('CREATEROLE', r.rolcreaterole),"
             " ('REPLICATION', r.rolreplication), ('BYPASSRLS', r.rolbypassrls)) AS a (attribute, granted)"
             " WHERE r.rolname = 'tandem_owner' AND a.granted ORDER BY 1")
          .texts(0);
  return facts;
}

std::vector<OwnerFacts> mapping_owners(pg::Sql& sql, std::int64_t tenant_id) {
  const pg::Rows rows = sql.engine(
      "SELECT owner, min(owner_name::text), string_agg(name, ', ' ORDER BY name) FROM tandem._mapping"
      " WHERE tenant_id = $1 GROUP BY owner ORDER BY 2",
      {tenant_id});
  std::vector<OwnerFacts> owners;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    owners.push_back({static_cast<pg::Oid>(rows.integer(i, 0)), rows.text(i, 1), rows.text(i, 2)});
  }
  return owners;
}

std::vector<StatusFacts> connection_states(pg::Sql& sql, std::string_view tenant) {
  return states(sql.engine(
      "SELECT connection, status, connection, status_reason, next_step FROM tandem.connection_status WHERE tenant = $1"
      " ORDER BY connection",
      {tenant}));
}

std::vector<StatusFacts> mapping_states(pg::Sql& sql, std::string_view tenant) {
  return states(sql.engine(
      "SELECT mapping, status, connection, status_reason, next_step FROM tandem.mapping_status WHERE tenant = $1"
      " ORDER BY mapping",
      {tenant}));
}

std::optional<LastRun> last_run(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows rows = sql.engine(
      "SELECT r.run, r.failed, r.status, r.code, r.message,"
      " (SELECT e.suggestion FROM tandem._sync_error e WHERE e.mapping_id = r.mapping_id AND e.run = r.run"
      "   AND e.origin_id IS NULL ORDER BY e.error DESC LIMIT 1)"
      " FROM tandem._run r WHERE r.mapping_id = $1 AND r.completed_at IS NOT NULL ORDER BY r.run DESC LIMIT 1",
      {mapping_id});
  if (rows.empty()) return std::nullopt;
  return LastRun{rows.integer(0, 0),      rows.integer(0, 1),      rows.text(0, 2),
                 rows.text_or_null(0, 3), rows.text_or_null(0, 4), rows.text_or_null(0, 5)};
}

std::optional<std::string> active_run(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows rows = sql.engine(
      "SELECT format('run %s is %s since %s%s', run, status, date_trunc('second', coalesce(started_at, requested_at)),"
      " ', waiting for ' || waiting_on) FROM tandem._run WHERE mapping_id = $1 AND status IN ('pending', 'running')"
      " ORDER BY status = 'running' DESC, run LIMIT 1",
      {mapping_id});
  if (rows.empty()) return std::nullopt;
  return rows.text(0, 0);
}

}  // namespace tandem::store
