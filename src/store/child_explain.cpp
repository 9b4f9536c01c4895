#include "store/child_explain.hpp"

#include <numeric>
#include <utility>

#include "base/strings.hpp"
#include "pg/explain.hpp"
#include "pg/staging.hpp"
#include "store/row_filters.hpp"

namespace tandem::store {

using base::strcat;

std::vector<ExplainedStatement> explain_child(pg::Sql& sql, const ChildPlan& plan, std::size_t records,
                                              std::size_t elements) {
  pg::StagedPage parents(sql, kParentsPage, plan.parents);
  parents.ready(records);
  pg::StagedPage page(sql, kChildrenPage, plan.rows);
  page.ready(elements);
  std::vector<ExplainedStatement> out = explain_settling(sql, plan, "EXPLAIN ");
  out.push_back(explain_insert(sql, plan, "EXPLAIN "));
  return out;
}

ExplainedTables run_children_explained(pg::Sql& sql, const WritePlan& parent, std::span<const base::Cell> cells,
                                       const ChildBatch& batch) {
  std::vector<std::size_t> rows(batch.records.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  pg::StagedPage page(sql, kStagedPage, parent.staged);
  stage_rows(page, {cells, parent.staged.size() - 1}, rows);
  ExplainedTables out;
  for (std::size_t table = 0; table < batch.tables.size(); ++table)
    out.push_back(write_explained(sql, batch, table, rows));
  return out;
}

std::vector<ExplainedStatement> explain_settling(pg::Sql& sql, const ChildPlan& plan, std::string_view explain) {
  const std::pair<const char*, const std::string*> statements[] = {
      {"rows that no element has any more", &plan.remove},
      {"rows that differ", &plan.change},
      {"which are not there", &plan.missing},
      {"rows that no element has any more, and which are not there", &plan.replace}};
  std::vector<ExplainedStatement> out;
  for (const auto& [what, text] : statements) {
    if (text->empty()) continue;
    const std::string line = strcat(explain, *text);
    const pg::Rows lines = plan.by_index ? pg::explain_by_index_and_hash(sql, line) : sql.explain(line, false);
    out.push_back({what, *text, lines.texts(0)});
  }
  return out;
}

ExplainedStatement explain_insert(pg::Sql& sql, const ChildPlan& plan, std::string_view explain) {
  return {"rows that are not there", plan.insert, sql.explain(strcat(explain, plan.insert), false).texts(0)};
}

}  // namespace tandem::store
