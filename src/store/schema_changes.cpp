#include "store/schema_changes.hpp"

#include "base/strings.hpp"
#include "store/contracts.hpp"
#include "store/mappings.hpp"

namespace tandem::store {

namespace {

// In a copy of the database the numbers of tables mean nothing yet.
constexpr const char* kWatched =
    "SELECT m.mapping_id, m.tenant_id, m.name, m.target::int8, m.target_name, m.definition, m.columns_seen"
    " FROM tandem._mapping m WHERE EXISTS (SELECT FROM tandem._instance i WHERE i.database_oid = $1)"
    " AND m.target IN (";

std::vector<Watched> watched(pg::Sql& sql, std::string_view tables) {
  const pg::Rows rows = sql.engine(base::strcat(kWatched, tables, ")"), {pg::Param::oid(pg::database_oid())});
  std::vector<Watched> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto seen = rows.text_or_null(i, 6);
    out.push_back({.mapping_id = rows.integer(i, 0),
                   .tenant_id = rows.integer(i, 1),
                   .mapping = rows.text(i, 2),
                   .target = static_cast<pg::Oid>(rows.integer(i, 3)),
                   .target_name = rows.text(i, 4),
                   .definition = base::Json::parse(rows.text(i, 5)).value(),
                   .columns_seen = seen ? std::optional(base::Json::parse(*seen).value()) : std::nullopt});
  }
  return out;
}

// What was to be done about a column that is not there any more.
void supersede(pg::Sql& sql, std::int64_t mapping_id, const core::SchemaChange& dropped) {
  sql.engine(
      "UPDATE tandem._schema_change SET status = 'applied' WHERE mapping_id = $1 AND side = 'local'"
      " AND kind IN ('renamed', 'retyped') AND status = 'open' AND coalesce(column_name, '') = $2"
      " AND coalesce(field, '') = $3",
      {mapping_id, dropped.column, dropped.field});
}

std::optional<std::string> known(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

}  // namespace

std::vector<Watched> mappings_altered(pg::Sql& sql) { return watched(sql, kAlteredTables); }

std::vector<Watched> mappings_dropped(pg::Sql& sql) { return watched(sql, kDroppedTables); }

core::LocalColumns columns_now(const pg::Table& table) {
  core::LocalColumns out;
  for (const pg::TableColumn& column : table.columns) out[column.name] = {column.attnum, column.conversion.name};
  return out;
}

void remember_columns(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows renamed = sql.engine(
      "SELECT k.key, a.attname::text FROM tandem._mapping m CROSS JOIN jsonb_each(m.columns_seen) k"
      " JOIN pg_catalog.pg_attribute a ON a.attrelid = m.target AND a.attnum = (k.value ->> 0)::int"
      " WHERE m.mapping_id = $1 AND NOT a.attisdropped AND a.attname <> k.key",
      {mapping_id});
  if (!renamed.empty()) follow_renamed_columns(sql, mapping_id, renamed.texts(0), renamed.texts(1));
  sql.engine(
      "UPDATE tandem._mapping m SET columns_seen = (SELECT jsonb_object_agg(a.attname,"
      " jsonb_build_array(a.attnum, format_type(a.atttypid, a.atttypmod))) FROM pg_catalog.pg_attribute a"
      " WHERE a.attrelid = m.target AND a.attnum > 0 AND NOT a.attisdropped) WHERE m.mapping_id = $1",
      {mapping_id});
}

void remember_name(pg::Sql& sql, std::int64_t mapping_id, const std::string& quoted) {
  sql.engine("UPDATE tandem._mapping SET target_name = $2 WHERE mapping_id = $1", {mapping_id, quoted});
}

void follow_renames(pg::Sql& sql, std::int64_t mapping_id, std::int64_t definition_version,
                    const base::Json& definition) {
  sql.engine("UPDATE tandem._mapping SET definition = $3::jsonb WHERE mapping_id = $1 AND definition_version = $2",
             {mapping_id, definition_version, definition.dump()});
}

void note_changes(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const base::Json& definition,
                  const core::SchemaChanges& changes) {
  const core::SchemaPolicy policy = core::schema_policy(definition);
  if (changes.empty() || policy == core::SchemaPolicy::discard) return;
  for (const core::SchemaChange& change : changes) {
    const pg::Rows rows = sql.engine(
        "INSERT INTO tandem._schema_change AS c (tenant_id, mapping_id, side, kind, field, column_name, old_type,"
        " new_type, ddl) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (mapping_id, side, kind, coalesce(field, ''), coalesce(column_name, ''))"
        " WHERE status IN ('open', 'ignored') DO UPDATE SET last_seen_at = clock_timestamp(),"
        " new_type = excluded.new_type, ddl = excluded.ddl RETURNING xmax = 0",
        {tenant_id, mapping_id, change.side, change.kind, known(change.field), known(change.column),
         known(change.old_type), known(change.new_type), known(change.ddl)});
    if (change.side == "local" && change.kind == "dropped") supersede(sql, mapping_id, change);
    if (policy != core::SchemaPolicy::pause || !rows.boolean(0, 0)) continue;  // who resumed it knows
    sql.engine(
        "UPDATE tandem._mapping SET paused = true, paused_reason = $2, updated_at = clock_timestamp()"
        " WHERE mapping_id = $1 AND NOT paused",
        {mapping_id, base::strcat("schema change: ", change.in_words())});
  }
}

std::vector<OpenChange> open_changes(pg::Sql& sql, std::int64_t mapping_id) {
  const pg::Rows rows = sql.engine(
      "SELECT change, side, kind, coalesce(field, ''), coalesce(column_name, ''), coalesce(old_type, ''),"
      " coalesce(new_type, ''), coalesce(ddl, '') FROM tandem._schema_change"
      " WHERE mapping_id = $1 AND status = 'open' ORDER BY change",
      {mapping_id});
  std::vector<OpenChange> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back({rows.integer(i, 0),
                   {.side = rows.text(i, 1),
                    .kind = rows.text(i, 2),
                    .field = rows.text(i, 3),
                    .column = rows.text(i, 4),
                    .old_type = rows.text(i, 5),
                    .new_type = rows.text(i, 6),
                    .ddl = rows.text(i, 7)}});
  }
  return out;
}

std::vector<OpenCount> open_change_counts(pg::Sql& sql, std::int64_t tenant_id) {
  const pg::Rows rows = sql.engine(
      "SELECT m.name, count(*) OVER (PARTITION BY c.mapping_id), c.side, c.kind, coalesce(c.field, ''),"
      " coalesce(c.column_name, ''), coalesce(c.old_type, ''), coalesce(c.new_type, '')"
      " FROM tandem._schema_change c JOIN tandem._mapping m ON m.mapping_id = c.mapping_id"
      " WHERE c.tenant_id = $1 AND c.status = 'open' ORDER BY m.name, c.change",
      {tenant_id});
  std::vector<OpenCount> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (out.empty() || out.back().mapping != rows.text(i, 0)) out.push_back({.mapping = rows.text(i, 0), .latest = {}});
    out.back().changes = rows.integer(i, 1);
    out.back().latest = {.side = rows.text(i, 2),
                         .kind = rows.text(i, 3),
                         .field = rows.text(i, 4),
                         .column = rows.text(i, 5),
                         .old_type = rows.text(i, 6),
                         .new_type = rows.text(i, 7)};
  }
  return out;
}

void settle_changes(pg::Sql& sql, const std::vector<std::int64_t>& applied, const std::vector<std::int64_t>& seen) {
  if (!applied.empty())
    sql.engine(
        "UPDATE tandem._schema_change SET status = 'applied', message = NULL WHERE change = ANY ($1)"
        " AND status = 'open'",
        {applied});
  if (!seen.empty())
    sql.engine("UPDATE tandem._schema_change SET last_seen_at = clock_timestamp() WHERE change = ANY ($1)", {seen});
}

void settle_open_changes(pg::Sql& sql, std::int64_t mapping_id, std::string_view side, const base::Json& definition,
                         const core::LocalColumns& columns, const core::RecordShape& sample) {
  std::vector<std::int64_t> applied, seen;
  for (const OpenChange& open : open_changes(sql, mapping_id)) {
    if (!side.empty() && open.what.side != side) continue;
    (core::is_settled(open.what, definition, columns, sample) ? applied : seen).push_back(open.change);
  }
  settle_changes(sql, applied, side.empty() ? std::vector<std::int64_t>{} : seen);
}

std::optional<ChangeOwner> owner_of_change(pg::Sql& sql, std::int64_t change) {
  const pg::Rows rows =
      sql.engine("SELECT tenant_id, mapping_id FROM tandem._schema_change WHERE change = $1", {change});
  if (rows.empty()) return std::nullopt;
  return ChangeOwner{rows.integer(0, 0), rows.integer(0, 1)};
}

void note_refusal(pg::Sql& sql, std::int64_t change, std::string_view message) {
  sql.engine("UPDATE tandem._schema_change SET message = $2, last_seen_at = clock_timestamp() WHERE change = $1",
             {change, message});
}

bool ignore_change(pg::Sql& sql, std::int64_t change) {
  return sql.engine("UPDATE tandem._schema_change SET status = 'ignored' WHERE change = $1 AND status = 'open'",
                    {change})
             .processed() > 0;
}

std::optional<core::RecordShape> discovered_shape(pg::Sql& sql, std::int64_t connection_id, std::string_view object) {
  const pg::Rows rows = sql.engine(
      "SELECT field, CASE remote_type WHEN 'null' THEN '' ELSE pg_type END, required FROM tandem._field"
      " WHERE connection_id = $1 AND object = $2",
      {connection_id, object});
  if (rows.empty()) return std::nullopt;
  core::RecordShape shape;
  shape.records = core::kDiscovered;
  for (std::size_t i = 0; i < rows.size(); ++i)
    shape.fields[rows.text(i, 0)] = {.type = rows.text(i, 1), .always = rows.boolean(i, 2)};
  return shape;
}

void save_shape(pg::Sql& sql, std::int64_t mapping_id, const core::RecordShape& shape) {
  sql.engine(
      "INSERT INTO tandem._shape (mapping_id, shape) VALUES ($1, $2::jsonb)"
      " ON CONFLICT (mapping_id) DO UPDATE SET shape = excluded.shape, changed_at = clock_timestamp()",
      {mapping_id, shape.to_json().dump()});
}

void add_column(pg::Sql& sql, const std::string& table, const std::string& column, const std::string& type) {
  sql.run(base::strcat("ALTER TABLE ", table, " ADD COLUMN ", pg::quote_identifier(column), " ", type));
}

bool extend_definition(pg::Sql& sql, std::int64_t mapping_id, std::int64_t definition_version,
                       const base::Json& definition) {
  const bool ours = sql.engine(
                           "UPDATE tandem._mapping SET definition = $3::jsonb, updated_at = clock_timestamp()"
                           " WHERE mapping_id = $1 AND definition_version = $2",
                           {mapping_id, definition_version, definition.dump()})
                        .processed() > 0;
  if (!ours) return false;
  reread_mapping(sql, mapping_id, Reread::everything);
  remember_columns(sql, mapping_id);
  return true;
}

}  // namespace tandem::store
