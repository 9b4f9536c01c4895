#include "store/record_log.hpp"

#include "core/mapping/history.hpp"
#include "pg/error.hpp"
#include "pg/transaction.hpp"

namespace tandem::store {

namespace {

constexpr std::int64_t kMostAtOnce = 100'000;  // that one run's end removes

const char* name_of(HistoryEntry::Action action) {
  switch (action) {
    case HistoryEntry::Action::created:
      return "created";
    case HistoryEntry::Action::updated:
      return "updated";
    case HistoryEntry::Action::deleted:
      return "deleted";
    case HistoryEntry::Action::skipped:
      return "skipped";
    case HistoryEntry::Action::failed:
      return "failed";
  }
  return "failed";  // not reached: the switch is exhaustive
}

void insert_entries(pg::Sql& sql, const RunSpec& spec, std::span<const HistoryEntry> entries, bool as_jsonb) {
  std::vector<std::string> action, origin_id, local_key, record;
  for (const HistoryEntry& entry : entries) {
    action.emplace_back(name_of(entry.action));
    origin_id.push_back(entry.origin_id);
    local_key.push_back(entry.local_key);
    record.emplace_back(entry.record);
  }
  sql.engine(R"(
    INSERT INTO tandem._record_log (mapping_id, run, action, origin_id, local_key, record, record_text)
    SELECT $1, $2, h.action, nullif(h.origin_id, ''), nullif(h.local_key, '')::jsonb,
           CASE WHEN $7 THEN nullif(h.record, '')::jsonb END, CASE WHEN NOT $7 THEN nullif(h.record, '') END
      FROM unnest($3, $4, $5, $6) WITH ORDINALITY AS h (action, origin_id, local_key, record, n)
     ORDER BY h.n)",
             {spec.mapping_id, spec.run, action, origin_id, local_key, record, as_jsonb});
}

bool try_as_jsonb(pg::Sql& sql, const RunSpec& spec, std::span<const HistoryEntry> entries) {
  try {
    pg::Savepoint savepoint(sql);
    insert_entries(sql, spec, entries, true);
    savepoint.release();
    return true;
  } catch (const pg::Error& error) {
    if (!error.sqlstate().starts_with("22")) throw;  // only a record may be to blame
    return false;
  }
}

}  // namespace

void record_history(pg::Sql& sql, const RunSpec& spec, std::span<const HistoryEntry> entries) {
  if (entries.empty() || try_as_jsonb(sql, spec, entries)) return;
  if (entries.size() == 1) return insert_entries(sql, spec, entries, false);
  record_history(sql, spec, entries.first(entries.size() / 2));
  record_history(sql, spec, entries.subspan(entries.size() / 2));
}

void forget_old_history(pg::Sql& sql, const RunSpec& spec) {
  const core::History history = core::history_of(spec.definition);
  if (!history.given || history.days == 0) return;
  sql.engine(R"(
    DELETE FROM tandem._record_log
     WHERE mapping_id = $1 AND entry IN (
       SELECT o.entry FROM tandem._record_log o
        WHERE o.mapping_id = $1 AND o.at < now() - $2 * interval '1 day' ORDER BY o.at LIMIT $3))",
             {spec.mapping_id, history.days, kMostAtOnce});
}

}  // namespace tandem::store
