#include "store/connections.hpp"

#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "store/lookup.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view kSelect =
    "SELECT c.connection_id, c.tenant_id, t.name, c.name, c.connector_id, k.name, k.manifest, c.config, c.label,"
    " c.metadata, c.enabled, c.paused, c.owner, c.owner_name, c.version, c.last_ok_at, c.last_error, c.last_error_type"
    " FROM tandem._connection c JOIN tandem._connector k USING (connector_id) JOIN tandem._tenant t USING (tenant_id)";

Connection from_row(const pg::Rows& rows) {
  Connection c;
  c.connection_id = rows.integer(0, 0);
  c.tenant_id = rows.integer(0, 1);
  c.tenant = rows.text(0, 2);
  c.name = rows.text(0, 3);
  c.connector_id = rows.integer(0, 4);
  c.connector = rows.text(0, 5);
  c.manifest = base::Json::parse(rows.text(0, 6)).value();
  c.config = base::Json::parse(rows.text(0, 7)).value();
  c.label = rows.text_or_null(0, 8);
  c.metadata = rows.text(0, 9);
  c.enabled = rows.boolean(0, 10);
  c.paused = rows.boolean(0, 11);
  c.owner = static_cast<pg::Oid>(rows.integer(0, 12));
  c.owner_name = rows.text(0, 13);
  c.version = rows.integer(0, 14);
  c.last_ok_at = rows.instant_or_null(0, 15);
  c.last_error = rows.text_or_null(0, 16);
  c.last_error_type = rows.text_or_null(0, 17);
  return c;
}

base::Failure connection_gone(std::int64_t connection_id) {
  return {base::Errc::undefined_object, base::strcat("connection ", connection_id, " is gone")};
}

}  // namespace

core::Api Connection::api() const {
  auto made = core::make_api(manifest, config);
  if (made.ok()) {
    made.value().connection = name;
    return std::move(made).value();
  }
  base::Error error = made.error();
  error.text = base::strcat("connection \"", name, "\": ", error.text);
  throw base::Failure(std::move(error));
}

std::optional<Connection> find_connection(pg::Sql& sql, std::int64_t tenant_id, std::string_view name) {
  const pg::Rows rows = sql.engine(base::strcat(kSelect, " WHERE c.tenant_id = $1 AND c.name = $2"), {tenant_id, name});
  if (rows.empty()) return std::nullopt;
  return from_row(rows);
}

Connection require_connection(pg::Sql& sql, std::int64_t tenant_id, std::string_view name) {
  if (auto found = find_connection(sql, tenant_id, name)) return *std::move(found);
  throw no_such(
      "connection", name,
      sql.engine("SELECT name FROM tandem._connection WHERE tenant_id = $1 ORDER BY name", {tenant_id}).texts(0));
}

Connection load_connection(pg::Sql& sql, std::int64_t connection_id) {
  const pg::Rows rows = sql.engine(base::strcat(kSelect, " WHERE c.connection_id = $1"), {connection_id});
  if (rows.empty()) throw connection_gone(connection_id);
  return from_row(rows);
}

bool lock_connection(pg::Sql& sql, std::int64_t connection_id, Lock lock) {
  return !sql.engine(base::strcat("SELECT 1 FROM tandem._connection WHERE connection_id = $1 FOR",
                                  lock == Lock::drop ? " UPDATE" : " NO KEY UPDATE"),
                     {connection_id})
              .empty();
}

std::optional<std::int64_t> insert_connection(pg::Sql& sql, const Connection& c) {
  const pg::Rows rows = sql.engine(
      "INSERT INTO tandem._connection (tenant_id, name, connector_id, config, label, metadata, owner, owner_name)"
      " VALUES ($1, $2, $3, $4::jsonb, $5, $6::jsonb, $7, $8) ON CONFLICT (tenant_id, name) DO NOTHING"
      " RETURNING connection_id",
      {c.tenant_id, c.name, c.connector_id, c.config.dump(), c.label, c.metadata, pg::Param::oid(c.owner),
       c.owner_name});
  if (rows.empty()) return std::nullopt;
  return rows.integer(0, 0);
}

void update_connection(pg::Sql& sql, const Connection& c) {
  sql.engine(
      "UPDATE tandem._connection SET name = $2, config = $3::jsonb, label = $4, metadata = $5::jsonb,"
      " updated_at = clock_timestamp() WHERE connection_id = $1",
      {c.connection_id, c.name, c.config.dump(), c.label, c.metadata});
}

void delete_connection(pg::Sql& sql, std::int64_t connection_id) {
  sql.engine("DELETE FROM tandem._connection WHERE connection_id = $1", {connection_id});
}

void set_connection_enabled(pg::Sql& sql, std::int64_t connection_id, bool enabled) {
  sql.engine("UPDATE tandem._connection SET enabled = $2, updated_at = clock_timestamp() WHERE connection_id = $1",
             {connection_id, enabled});
}

void set_connection_paused(pg::Sql& sql, std::int64_t connection_id, bool paused, std::string_view reason) {
  sql.engine(
      "UPDATE tandem._connection SET paused = $2, paused_reason = CASE WHEN $2 THEN $3 END,"
      " updated_at = clock_timestamp() WHERE connection_id = $1",
      {connection_id, paused, reason});
}

void mark_connection_untested(pg::Sql& sql, std::int64_t connection_id) {
  sql.engine(
      "UPDATE tandem._connection SET version = version + 1, last_ok_at = NULL, last_error = NULL, last_error_type = "
      "NULL,"
      " last_error_at = NULL, updated_at = clock_timestamp() WHERE connection_id = $1",
      {connection_id});
}

void note_connection_result(pg::Sql& sql, std::int64_t connection_id, std::int64_t version, const base::Error* error,
                            std::string_view error_type) {
  // An answer to an older configuration or older credentials says nothing about the new ones.
  if (error == nullptr) {
    sql.engine(
        "UPDATE tandem._connection SET last_ok_at = clock_timestamp(), last_error = NULL, last_error_type = NULL,"
        " last_error_at = NULL WHERE connection_id = $1 AND version = $2",
        {connection_id, version});
    return;
  }
  sql.engine(
      "UPDATE tandem._connection SET last_error = $3, last_error_type = $4, last_error_at = clock_timestamp()"
      " WHERE connection_id = $1 AND version = $2",
      {connection_id, version, error->text, error_type});
}

void require_connection_use(pg::Sql& sql, std::int64_t connection_id, pg::Oid user) {
  // Not load_connection: every run asks, and has the manifest already.
  const pg::Rows rows =
      sql.engine("SELECT name, owner, owner_name FROM tandem._connection WHERE connection_id = $1", {connection_id});
  if (rows.empty()) throw connection_gone(connection_id);
  if (acts_for(user, static_cast<pg::Oid>(rows.integer(0, 1)))) return;
  throw base::Failure(base::Errc::insufficient_privilege,
                      base::strcat("role ", pg::role_name(user), " may not use connection ", rows.text(0, 0)),
                      "Who uses a connection acts with its credentials, so only members of its owner may.",
                      base::strcat("GRANT ", pg::quote_identifier(rows.text(0, 2)), " TO ",
                                   pg::quote_identifier(pg::role_name(user)), ";"));
}

}  // namespace tandem::store
