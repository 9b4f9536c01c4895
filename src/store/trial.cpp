#include "store/trial.hpp"

#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/transaction.hpp"
#include "store/database_fault.hpp"
#include "store/row_filters.hpp"

namespace tandem::store {

void begin_trial(pg::Sql& sql, std::int64_t lock_timeout_ms) {
  sql.run("SELECT pg_catalog.set_config('lock_timeout', $1, true)", {std::to_string(lock_timeout_ms)});
  sql.run(kCheckNow);
}

base::Failure table_is_locked(std::string_view table) {
  return base::Failure(base::Errc::object_in_use,
                       base::strcat("table ", table, " is locked by somebody else, so that a run would wait"), {},
                       base::strcat("SELECT pid, mode FROM pg_locks WHERE granted AND relation = ",
                                    pg::quote_literal(table), "::regclass;"));
}

std::string key_of_row(pg::Sql& sql, const WritePlan& plan, std::span<const base::Cell> cells) {
  if (plan.key_columns.empty()) return {};
  std::vector<std::string> members;
  for (const std::size_t column : plan.key_columns)
    members.push_back(base::strcat(pg::quote_literal(plan.columns[column]), ", p.", staged_name(column)));
  const std::string statement =
      base::strcat("SELECT pg_catalog.jsonb_build_object(", base::join(members, ", "), ") FROM ", kStagedPage, " p");
  try {
    const pg::Savepoint undone(sql);
    pg::StagedPage page(sql, kStagedPage, plan.staged);
    const std::size_t row = 0;
    stage_rows(page, {cells, plan.staged.size() - 1}, std::span(&row, 1));
    return sql.run(statement).text(0, 0);
  } catch (const pg::Error& error) {
    if (!of_a_row(error)) throw;
    return {};
  }
}

std::string record_as_jsonb(pg::Sql& sql, std::string_view record) {
  try {
    pg::Savepoint savepoint(sql);
    std::string text = sql.engine("SELECT $1::jsonb::text", {record}).text(0, 0);
    savepoint.release();
    return text;
  } catch (const pg::Error& error) {
    if (!error.sqlstate().starts_with("22")) throw;
  }
  return sql.engine("SELECT to_jsonb($1)::text", {record}).text(0, 0);
}

}  // namespace tandem::store
