#include "store/errors.hpp"

#include "base/clock.hpp"
#include "core/codes.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view kList =
    "SELECT error, tenant, mapping, run, error_type, code, origin_id, field, column_name, message, suggestion, record,"
    " record_text, retryable, attempts, next_attempt_at, created_at, last_seen_at, resolved_at, resolution_notes"
    " FROM tandem.sync_errors WHERE tenant = (SELECT name FROM tandem._tenant WHERE tenant_id = $1)"
    " AND ($2::text IS NULL OR mapping = $2) AND ($3 OR resolved_at IS NULL) ORDER BY error DESC LIMIT $4";

pg::Out out(const pg::Rows::Field& field) {
  struct Visitor {
    pg::Out operator()(std::monostate) const { return std::nullopt; }
    pg::Out operator()(const std::string& value) const { return value; }
    pg::Out operator()(std::int64_t value) const { return value; }
    pg::Out operator()(bool value) const { return value; }
    pg::Out operator()(double value) const { return value; }
    pg::Out operator()(base::Instant value) const { return value; }
  };
  return std::visit(Visitor{}, field);
}

}  // namespace

std::int64_t record_error(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const ReportedError& error) {
  return sql
      .engine(
          "INSERT INTO tandem._sync_error (tenant_id, mapping_id, error_type, code, message, record, retryable)"
          " VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7) RETURNING error",
          {tenant_id, mapping_id, error.error_type, core::code::kReported, error.message, error.record,
           error.retryable})
      .integer(0, 0);
}

std::vector<std::vector<pg::Out>> list_errors(pg::Sql& sql, std::int64_t tenant_id, std::optional<std::string> mapping,
                                              bool include_resolved, std::int64_t max_rows) {
  const pg::Rows rows = sql.engine(kList, {tenant_id, mapping, include_resolved, max_rows});
  std::vector<std::vector<pg::Out>> result(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t c = 0; c < rows.columns(); ++c) result[i].push_back(out(rows.at(i, c)));
  }
  return result;
}

std::optional<std::int64_t> mapping_of_error(pg::Sql& sql, std::int64_t tenant_id, std::int64_t error) {
  const pg::Rows rows =
      sql.engine("SELECT mapping_id FROM tandem._sync_error WHERE tenant_id = $1 AND error = $2", {tenant_id, error});
  if (rows.empty()) return std::nullopt;
  return rows.integer(0, 0);
}

std::string code_of_error(pg::Sql& sql, std::int64_t error) {
  const pg::Rows rows = sql.engine("SELECT coalesce(code, '') FROM tandem._sync_error WHERE error = $1", {error});
  return rows.empty() ? std::string() : rows.text(0, 0);
}

bool resolve_error(pg::Sql& sql, std::int64_t tenant_id, std::int64_t error, std::string_view by,
                   std::optional<std::string> notes) {
  return sql.engine(
                "UPDATE tandem._sync_error SET resolved_at = clock_timestamp(), resolved_by = $3::name, "
                "resolution_notes = $4"
                " WHERE tenant_id = $1 AND error = $2 AND resolved_at IS NULL",
                {tenant_id, error, by, notes})
             .processed() == 1;
}

void resolve_errors_of(pg::Sql& sql, std::int64_t mapping_id, const std::string& origin_id, std::string_view by,
                       std::optional<std::string> notes) {
  sql.engine(
      "UPDATE tandem._sync_error SET resolved_at = clock_timestamp(), resolved_by = $3::name, resolution_notes = $4"
      " WHERE mapping_id = $1 AND origin_id = $2 AND resolved_at IS NULL",
      {mapping_id, origin_id, by, notes});
}

std::uint64_t resolve_errors(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const ErrorFilter& filter,
                             std::string_view by, std::optional<std::string> notes) {
  return sql
      .engine(
          "UPDATE tandem._sync_error SET resolved_at = clock_timestamp(), resolved_by = $6::name, resolution_notes = $7"
          " WHERE tenant_id = $1 AND mapping_id = $2 AND resolved_at IS NULL AND ($3::text IS NULL OR code = $3)"
          " AND ($4::text IS NULL OR error_type = $4) AND ($5::timestamptz IS NULL OR created_at < $5)",
          {tenant_id, mapping_id, filter.code, filter.error_type, filter.before, by, notes})
      .processed();
}

}  // namespace tandem::store
