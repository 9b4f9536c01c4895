#include "store/mappings.hpp"

#include "base/strings.hpp"
#include "core/mapping/reference.hpp"
#include "store/lookup.hpp"
#include "store/schema_changes.hpp"
#include "store/mapping_order.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view kSelect =
    "SELECT m.mapping_id, m.tenant_id, m.name, m.connection_id, c.name, m.object, m.target, m.target_name, "
    "m.definition,"
    " m.definition_version, m.schedule, m.owner, m.owner_name, m.enabled, m.paused, m.label, m.metadata, m.next_run_at,"
    " m.cursor_value FROM tandem._mapping m JOIN tandem._connection c USING (connection_id)";

MappingRow from_row(const pg::Rows& rows, std::size_t i) {
  MappingRow m;
  m.mapping_id = rows.integer(i, 0);
  m.tenant_id = rows.integer(i, 1);
  m.name = rows.text(i, 2);
  m.connection_id = rows.integer(i, 3);
  m.connection = rows.text(i, 4);
  m.object = rows.text(i, 5);
  m.target = static_cast<pg::Oid>(rows.integer(i, 6));
  m.target_name = rows.text(i, 7);
  m.definition = base::Json::parse(rows.text(i, 8)).value();
  m.definition_version = rows.integer(i, 9);
  m.schedule = rows.text_or_null(i, 10);
  m.owner = static_cast<pg::Oid>(rows.integer(i, 11));
  m.owner_name = rows.text(i, 12);
  m.enabled = rows.boolean(i, 13);
  m.paused = rows.boolean(i, 14);
  m.label = rows.text_or_null(i, 15);
  m.metadata = rows.text(i, 16);
  m.next_run_at = rows.instant_or_null(i, 17);
  m.cursor_value = rows.text_or_null(i, 18);
  return m;
}

}  // namespace

bool pushes(const MappingRow& mapping) {
  const auto direction = mapping.definition.string_at("direction");
  return direction == "push" || direction == "both";
}

std::optional<MappingRow> find_mapping(pg::Sql& sql, std::int64_t tenant_id, std::string_view name) {
  const pg::Rows rows = sql.engine(base::strcat(kSelect, " WHERE m.tenant_id = $1 AND m.name = $2"), {tenant_id, name});
  if (rows.empty()) return std::nullopt;
  return from_row(rows, 0);
}

MappingRow require_mapping(pg::Sql& sql, std::int64_t tenant_id, std::string_view name) {
  if (auto found = find_mapping(sql, tenant_id, name)) return *std::move(found);
  throw no_such(
      "mapping", name,
      sql.engine("SELECT name FROM tandem._mapping WHERE tenant_id = $1 ORDER BY name", {tenant_id}).texts(0));
}

std::optional<MappingRow> find_mapping(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows rows = sql.engine(base::strcat(kSelect, " WHERE m.mapping_id = $1"), {mapping_id});
  return rows.empty() ? std::nullopt : std::optional(from_row(rows, 0));
}

MappingRow load_mapping(pg::Sql& sql, std::int64_t mapping_id) {
  if (auto found = find_mapping(sql, mapping_id)) return *std::move(found);
  throw base::Failure(base::Errc::undefined_object, base::strcat("mapping ", mapping_id, " is gone"));
}

MappingRow require_own_mapping(pg::Sql& sql, std::int64_t tenant_id, std::string_view name) {
  const MappingRow seen = require_mapping(sql, tenant_id, name);
  require_owner("mapping", seen.name, seen.owner, seen.owner_name);
  sql.engine("SELECT 1 FROM tandem._mapping WHERE mapping_id = $1 FOR NO KEY UPDATE", {seen.mapping_id});
  if (auto now = find_mapping(sql, seen.mapping_id)) return *std::move(now);  // and nobody else can change it
  return require_own_mapping(sql, tenant_id, name);  // it was dropped meanwhile; the name may be another one's by now
}

std::vector<MappingRow> mappings_of_connection(pg::Sql& sql, std::int64_t connection_id) {
  const pg::Rows rows =
      sql.engine(base::strcat(kSelect, " WHERE m.connection_id = $1 ORDER BY m.name"), {connection_id});
  std::vector<MappingRow> mappings;
  for (std::size_t i = 0; i < rows.size(); ++i) mappings.push_back(from_row(rows, i));
  return mappings;
}

std::optional<std::int64_t> insert_mapping(pg::Sql& sql, const MappingRow& m) {
  const pg::Rows rows = sql.engine(
      "INSERT INTO tandem._mapping (tenant_id, name, connection_id, object, target, target_name, definition, schedule,"
      " owner, owner_name, enabled, label, metadata, next_run_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, $13::jsonb, $14)"
      " ON CONFLICT (tenant_id, name) DO NOTHING RETURNING mapping_id",
      {m.tenant_id, m.name, m.connection_id, m.object, pg::Param::oid(m.target), m.target_name, m.definition.dump(),
       m.schedule, pg::Param::oid(m.owner), m.owner_name, m.enabled, m.label, m.metadata, m.next_run_at});
  if (rows.empty()) return std::nullopt;
  remember_columns(sql, rows.integer(0, 0));
  if (m.children) save_children(sql, rows.integer(0, 0), *m.children);
  order_mapping(sql, m.tenant_id, rows.integer(0, 0), core::references_of(m.definition));
  return rows.integer(0, 0);
}

void update_mapping(pg::Sql& sql, const MappingRow& m, Reread reread) {
  sql.engine(
      "UPDATE tandem._mapping SET name = $2, connection_id = $3, object = $4, target = $5, target_name = $6,"
      " definition = $7::jsonb, schedule = $8, enabled = $9, label = $10, metadata = $11::jsonb, next_run_at = $12,"
      " updated_at = clock_timestamp() WHERE mapping_id = $1",
      {m.mapping_id, m.name, m.connection_id, m.object, pg::Param::oid(m.target), m.target_name, m.definition.dump(),
       m.schedule, m.enabled, m.label, m.metadata, m.next_run_at});
  remember_columns(sql, m.mapping_id);
  if (m.children) {
    save_children(sql, m.mapping_id, *m.children);
    settle_child_changes(sql, m.mapping_id);
  }
  if (const auto table = pg::describe_table(sql, m.target))
    settle_open_changes(sql, m.mapping_id, {}, m.definition, columns_now(*table), {});
  order_mapping(sql, m.tenant_id, m.mapping_id, core::references_of(m.definition));
  reread_mapping(sql, m.mapping_id, reread);
}

void reread_mapping(pg::Sql& sql, std::int64_t mapping_id, Reread reread) {
  switch (reread) {
    case Reread::nothing:
      return;
    case Reread::listing:
      sql.engine("UPDATE tandem._mapping SET resume = NULL, resume_version = NULL WHERE mapping_id = $1", {mapping_id});
      return;
    case Reread::changes:
    case Reread::everything:
      sql.engine(
          "UPDATE tandem._mapping SET definition_version = definition_version + 1, resume = NULL, resume_version = "
          "NULL,"
          " cursor_value = CASE WHEN $2 THEN cursor_value END, deletions_value = NULL,"
          " deletions_gap = deletions_gap OR (NOT $2 AND deletions_value IS NOT NULL) WHERE mapping_id = $1",
          {mapping_id, reread == Reread::changes});
      return;
  }
}

void reset_cursor(pg::Sql& sql, std::int64_t mapping_id, const std::optional<std::string>& cursor) {
  sql.engine(
      "UPDATE tandem._mapping SET cursor_value = $2, cursor_version = cursor_version + 1, resume = NULL,"
      " deletions_gap = deletions_gap OR ($2 IS NULL AND deletions_value IS NOT NULL), deletions_value = NULL,"
      " resume_version = NULL, updated_at = clock_timestamp() WHERE mapping_id = $1",
      {mapping_id, cursor});
  sql.engine("UPDATE tandem._run SET position = NULL WHERE mapping_id = $1 AND status = 'pending'", {mapping_id});
}

std::string mapping_uuid(pg::Sql& sql, std::int64_t mapping_id) {
  return sql.engine("SELECT mapping_uuid::text FROM tandem._mapping WHERE mapping_id = $1", {mapping_id}).text(0, 0);
}

void delete_mapping(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows gone =
      sql.engine("DELETE FROM tandem._mapping WHERE mapping_id = $1 RETURNING tenant_id", {mapping_id});
  if (!gone.empty()) order_mappings(sql, gone.integer(0, 0));
}

void set_mapping_enabled(pg::Sql& sql, std::int64_t mapping_id, bool enabled,
                         std::optional<base::Instant> next_run_at) {
  sql.engine(
      "UPDATE tandem._mapping SET enabled = $2, next_run_at = $3, push_not_before = NULL, push_holds = 0,"
      " updated_at = clock_timestamp() WHERE mapping_id = $1",
      {mapping_id, enabled, next_run_at});
}

void set_mapping_paused(pg::Sql& sql, std::int64_t mapping_id, bool paused, std::string_view reason,
                        std::optional<base::Instant> next_run_at) {
  sql.engine(
      "UPDATE tandem._mapping SET paused = $2, paused_reason = CASE WHEN $2 THEN $3 END, next_run_at = $4,"
      " push_not_before = NULL, push_holds = 0,"
      " updated_at = clock_timestamp() WHERE mapping_id = $1",
      {mapping_id, paused, reason, next_run_at});
}

std::vector<std::string> rebind_by_name(pg::Sql& sql) {
  // A name that is not there leaves 0, which no relation and no role has: better than an OID of something else.
  sql.engine(
      "WITH found AS (SELECT m.mapping_id, coalesce((SELECT c.oid FROM pg_catalog.pg_class c"
      " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
      " WHERE quote_ident(n.nspname) || '.' || quote_ident(c.relname) = m.target_name), 0) AS target"
      " FROM tandem._mapping m)"
      " UPDATE tandem._mapping m SET target = found.target, columns_seen = NULL,"
      " contract_key = regexp_replace(m.contract_key, '^[0-9]+', found.target::text),"
      " owner = coalesce((SELECT oid FROM pg_catalog.pg_roles WHERE rolname = owner_name), 0)"
      " FROM found WHERE found.mapping_id = m.mapping_id");
  // A dump may have been taken without contracts: what they would say is read anew.
  sql.engine(
      "UPDATE tandem._mapping m SET cursor_value = NULL, cursor_version = cursor_version + 1, resume = NULL,"
      " resume_version = NULL WHERE m.cursor_value IS NOT NULL AND m.contract_key IS NOT NULL"
      " AND NOT EXISTS (SELECT FROM tandem._contract c WHERE c.mapping_id = m.mapping_id)");
  sql.engine(
      "UPDATE tandem._child_table SET target = coalesce((SELECT c.oid FROM pg_catalog.pg_class c"
      " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
      " WHERE quote_ident(n.nspname) || '.' || quote_ident(c.relname) = target_name), 0), columns_seen = NULL");
  sql.engine(
      "UPDATE tandem._connection SET owner = coalesce((SELECT oid FROM pg_catalog.pg_roles WHERE rolname = "
      "owner_name), 0)");
  return sql
      .engine(
          "SELECT m.name FROM tandem._mapping m WHERE m.target = 0 OR m.owner = 0 OR EXISTS (SELECT FROM"
          " tandem._child_table t WHERE t.mapping_id = m.mapping_id AND t.target = 0) ORDER BY m.name")
      .texts(0);
}

}  // namespace tandem::store
