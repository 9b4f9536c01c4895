#include "store/explain.hpp"

#include <numeric>

#include "base/strings.hpp"
#include "store/row_filters.hpp"

namespace tandem::store {

namespace {

using base::strcat;

struct Statement {
  const char* what;
  const std::string* sql;
  bool by_index;
};

// Those of RowWriter, in its order.
std::vector<Statement> statements_of(const WritePlan& plan, bool first_load) {
  if (!plan.keyed) return {{"all rows", &plan.insert_all, false}};
  if (first_load) return {{"all rows, for the table is empty", &plan.insert_all, false}};
  std::vector<Statement> statements;
  statements.push_back({"which rows are not there, or differ: only those are written", &plan.look, true});
  if (!plan.update_changed.empty()) statements.push_back({"rows that differ", &plan.update_changed, true});
  if (!plan.insert_new.empty()) statements.push_back({"rows that are not there", &plan.insert_new, true});
  if (plan.table.row_triggers || plan.table.row_security || plan.insert_new.empty())
    statements.push_back({"which rows were kept out, when some are missing", &plan.kept_out, true});
  return statements;
}

ExplainedStatement explained(pg::Sql& sql, const Statement& statement, std::string_view explain) {
  return {statement.what, *statement.sql, sql.explain(strcat(explain, *statement.sql), statement.by_index).texts(0)};
}

constexpr const char* kTriggers = R"(
  SELECT t.tgname || ' (' || CASE WHEN t.tgtype & 2 <> 0 THEN 'BEFORE' WHEN t.tgtype & 64 <> 0 THEN 'INSTEAD OF' ELSE 'AFTER' END
         || ' ' || concat_ws(' OR ', CASE WHEN t.tgtype & 4 <> 0 THEN 'INSERT' END,
                             CASE WHEN t.tgtype & 16 <> 0 THEN 'UPDATE' END, CASE WHEN t.tgtype & 8 <> 0 THEN 'DELETE' END)
         || CASE WHEN t.tgtype & 1 <> 0 THEN '' ELSE ', per statement' END
         || CASE WHEN t.tgdeferrable THEN ', checked at the end of each page' ELSE '' END || ')'
    FROM pg_trigger t
   WHERE t.tgrelid = $1 AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
   ORDER BY t.tgname)";

constexpr const char* kPartitions = R"(
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    FROM pg_partition_tree($1::oid::regclass) p
    JOIN pg_class c ON c.oid = p.relid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE p.isleaf AND c.oid <> $1
   ORDER BY 1)";

}  // namespace

std::vector<ExplainedStatement> explain_statements(pg::Sql& sql, const WritePlan& plan, bool first_load,
                                                   std::size_t rows) {
  pg::StagedPage page(sql, kStagedPage, plan.staged);
  page.ready(rows);
  std::vector<ExplainedStatement> out;
  for (const Statement& statement : statements_of(plan, first_load))
    out.push_back(explained(sql, statement, "EXPLAIN "));
  return out;
}

std::vector<ExplainedStatement> run_explained(pg::Sql& sql, const WritePlan& plan, bool first_load,
                                              std::span<const base::Cell> cells, std::size_t rows) {
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  pg::StagedPage page(sql, kStagedPage, plan.staged);
  stage_rows(page, {cells, plan.staged.size() - 1}, order);
  std::vector<ExplainedStatement> out;
  for (const Statement& statement : statements_of(plan, first_load))
    out.push_back(explained(sql, statement, "EXPLAIN (ANALYZE, BUFFERS) "));
  return out;
}

Touched touched_by_writes(pg::Sql& sql, const pg::Table& table) {
  Touched out{{}, sql.engine(kTriggers, {pg::Param::oid(table.oid)}).texts(0)};
  if (table.kind == 'p') out.partitions = sql.engine(kPartitions, {pg::Param::oid(table.oid)}).texts(0);
  return out;
}

}  // namespace tandem::store
