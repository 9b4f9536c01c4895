#include "store/faults.hpp"

#include "base/strings.hpp"
#include "pg/error.hpp"
#include "pg/transaction.hpp"

namespace tandem::store {

namespace {

// Column-wise, as unnest() wants it; empty text stands for NULL.
struct FaultColumns {
  std::vector<std::string> error_type, code, origin_id, field, column, message, suggestion, sqlstate, record, retryable,
      waits_for_id;
  std::vector<std::int64_t> waits_for;  // 0 stands for NULL
  void add(const RecordFault& fault) {
    error_type.push_back(fault.fault.error_type);
    code.push_back(fault.fault.code);
    origin_id.push_back(fault.origin_id);
    field.push_back(fault.fault.field);
    column.push_back(fault.fault.column);
    message.push_back(fault.fault.message);
    suggestion.push_back(fault.fault.suggestion);
    sqlstate.push_back(fault.fault.sqlstate);
    record.emplace_back(fault.record);
    retryable.push_back(fault.fault.retryable ? "t" : "f");
    waits_for.push_back(fault.fault.waits_for);
    waits_for_id.push_back(fault.fault.waits_for_id);
  }
};

// Two records of one page may be the same error (equal records without an id): DISTINCT ON keeps one.
constexpr const char* kInsertFaults = R"(
  INSERT INTO tandem._sync_error AS e (tenant_id, mapping_id, run, error_type, code, origin_id, field, column_name, message,
                                       suggestion, sqlstate, record, record_text, retryable, waits_for, waits_for_id)
  SELECT DISTINCT ON (coalesce(nullif(f.origin_id, ''), CASE WHEN $14 THEN f.record::jsonb::text ELSE f.record END), f.code, f.column_name)
         $1, $2, $3, f.error_type, f.code, nullif(f.origin_id, ''), nullif(f.field, ''), nullif(f.column_name, ''), f.message,
         nullif(f.suggestion, ''), nullif(f.sqlstate, ''), CASE WHEN $14 THEN f.record::jsonb END,
         CASE WHEN NOT $14 THEN f.record END, f.retryable::bool, nullif(f.waits_for, 0), nullif(f.waits_for_id, '')
    FROM unnest($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $15, $16)
         AS f (error_type, code, origin_id, field, column_name, message, suggestion, sqlstate, record, retryable,
               waits_for, waits_for_id)
  ON CONFLICT (mapping_id, (md5(coalesce(origin_id, record::text, record_text, ''))), code, (coalesce(column_name, '')))
    WHERE resolved_at IS NULL AND run IS NOT NULL
  DO UPDATE SET attempts = e.attempts + 1, last_seen_at = now(), run = excluded.run, message = excluded.message,
                suggestion = excluded.suggestion, record = excluded.record, record_text = excluded.record_text,
                waits_for = excluded.waits_for, waits_for_id = excluded.waits_for_id)";

void insert_faults(pg::Sql& sql, const RunSpec& spec, std::span<const RecordFault> faults, bool as_jsonb) {
  FaultColumns columns;
  for (const RecordFault& fault : faults) columns.add(fault);
  sql.engine(kInsertFaults,
             {spec.tenant_id, spec.mapping_id, spec.run, columns.error_type, columns.code, columns.origin_id,
              columns.field, columns.column, columns.message, columns.suggestion, columns.sqlstate, columns.record,
              columns.retryable, as_jsonb, columns.waits_for, columns.waits_for_id});
}

bool try_as_jsonb(pg::Sql& sql, const RunSpec& spec, std::span<const RecordFault> faults) {
  try {
    pg::Savepoint savepoint(sql);
    insert_faults(sql, spec, faults, true);
    savepoint.release();
    return true;
  } catch (const pg::Error& error) {
    if (!error.sqlstate().starts_with("22")) throw;  // only the record itself may be to blame
    return false;
  }
}

// A record that fails otherwise than before has one open error, with the version of it that failed last.
void resolve_superseded(pg::Sql& sql, const RunSpec& spec, std::span<const RecordFault> faults) {
  std::vector<std::string> ids;
  for (const RecordFault& fault : faults)
    if (!fault.origin_id.empty()) ids.push_back(fault.origin_id);
  if (ids.empty()) return;
  sql.engine(
      "UPDATE tandem._sync_error SET resolved_at = now(), resolved_by = session_user, resolution_notes = $3"
      " WHERE mapping_id = $1 AND resolved_at IS NULL AND run IS NOT NULL AND origin_id = ANY ($2) AND last_seen_at < "
      "now()",
      {spec.mapping_id, ids, base::strcat("the record failed otherwise with run ", spec.run)});
}

}  // namespace

void record_faults(pg::Sql& sql, const RunSpec& spec, std::span<const RecordFault> faults) {
  if (faults.empty()) return;
  if (!try_as_jsonb(sql, spec, faults))
    for (std::size_t i = 0; i < faults.size(); ++i)
      if (!try_as_jsonb(sql, spec, faults.subspan(i, 1))) insert_faults(sql, spec, faults.subspan(i, 1), false);
  resolve_superseded(sql, spec, faults);
}

std::vector<std::string> open_faults(pg::Sql& sql, std::int64_t mapping, std::int64_t limit) {
  return sql
      .engine(
          "SELECT DISTINCT origin_id FROM tandem._sync_error"
          " WHERE mapping_id = $1 AND resolved_at IS NULL AND run IS NOT NULL AND origin_id IS NOT NULL LIMIT $2",
          {mapping, limit})
      .texts(0);
}

void resolve_faults(pg::Sql& sql, const RunSpec& spec, const std::vector<std::string>& origin_ids,
                    std::string_view how) {
  if (origin_ids.empty()) return;
  sql.engine(
      "UPDATE tandem._sync_error SET resolved_at = now(), resolved_by = session_user, resolution_notes = $3"
      " WHERE mapping_id = $1 AND resolved_at IS NULL AND run IS NOT NULL AND origin_id = ANY ($2)",
      {spec.mapping_id, origin_ids, base::strcat(how, " with run ", spec.run)});
}

// One that was shown either failed again in this run, and was seen, or was resolved with its page. What has a contract
// is the sweep's business.
void resolve_faults_of_gone(pg::Sql& sql, const RunSpec& spec) {
  sql.engine(
      "UPDATE tandem._sync_error e SET resolved_at = now(), resolved_by = session_user, resolution_notes = $3"
      " WHERE e.mapping_id = $1 AND e.resolved_at IS NULL AND e.run IS NOT NULL AND e.origin_id IS NOT NULL"
      " AND e.last_seen_at < (SELECT r.started_at FROM tandem._run r WHERE r.run = $2)"
      " AND NOT EXISTS (SELECT FROM tandem._contract c WHERE c.mapping_id = $1 AND c.origin_id = e.origin_id"
      " AND c.deleted_at IS NULL)",
      {spec.mapping_id, spec.run, base::strcat("the record is gone at the source, as run ", spec.run, " saw")});
}

}  // namespace tandem::store
