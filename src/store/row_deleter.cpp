#include "store/row_deleter.hpp"

#include <algorithm>
#include <optional>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/convert/convert.hpp"
#include "core/convert/json_value.hpp"
#include "pg/expression.hpp"
#include "pg/transaction.hpp"
#include "pg/type_oids.hpp"
#include "store/child_plan.hpp"
#include "store/database_fault.hpp"

namespace tandem::store {

using base::strcat;

namespace {

std::string key_condition(const pg::Table& table, const std::vector<std::string>& columns) {
  const pg::UniqueKey& key = unique_key(table, columns);
  std::vector<std::string> terms;
  for (std::size_t k = 0; k < key.columns.size(); ++k) {
    const auto at = std::find(columns.begin(), columns.end(), key.columns[k]) - columns.begin();
    terms.push_back(strcat("t.", pg::quote_identifier(key.columns[k]), " ", key.equals[k], " p.k", at + 1));
  }
  return base::join(terms, " AND ");
}

void stage_soft_value(const core::SoftColumn& soft, const core::Target& target, const pg::TableColumn& column,
                      DeletePlan& plan) {
  const auto local = std::find_if(target.columns.begin(), target.columns.end(),
                                  [&](const core::TargetColumn& c) { return c.name == soft.column; });
  base::Cell cell;
  if (!soft.deleted.is_null())
    if (auto problem = core::convert(core::value_of_json(soft.deleted, plan.text), local->type,
                                     core::DeclaredType::none, plan.text, cell))
      throw base::Failure(base::Errc::invalid_parameter, strcat("the value of deleted rows does not fit column ",
                                                                soft.column, ": ", problem->message));
  plan.values.push_back(cell);
  plan.staged.push_back({strcat("s", plan.values.size()), column.type, column.typmod, column.collation});
}

// A row that says already that it is deleted is left as it is: its time of deletion is the first one.
void plan_soft(const pg::Table& table, const core::Mapping& mapping, const core::Target& target,
               const std::string& condition, DeletePlan& plan) {
  std::vector<std::string> assignments, alive;
  for (const core::SoftColumn& soft : mapping.soft_columns) {
    const pg::TableColumn* column = table.column(soft.column);
    if (column == nullptr)
      throw base::Failure(base::Errc::undefined_column,
                          strcat("column ", soft.column, " of ", table.quoted, " is not there any more"));
    const std::string name = pg::quote_identifier(soft.column);
    if (soft.now) {
      assignments.push_back(strcat(name, " = pg_catalog.now()"));
      alive.push_back(strcat("t.", name, " IS NULL"));
    } else {
      stage_soft_value(soft, target, *column, plan);
      assignments.push_back(strcat(name, " = p.s", plan.values.size()));
      alive.push_back(
          strcat("ROW(t.", name, ")::record OPERATOR(pg_catalog.*<>) ROW(p.s", plan.values.size(), ")::record"));
    }
  }
  const std::string which = strcat(condition, " AND (", base::join(alive, " OR "), ")");
  plan.statement = strcat("UPDATE ", table.quoted, " t SET ", base::join(assignments, ", "), " FROM ", kGone,
                          " p WHERE ", which, " RETURNING p.n");
  plan.still_there =
      strcat("SELECT p.n FROM ", kGone, " p WHERE EXISTS (SELECT FROM ", table.quoted, " t WHERE ", which, ")");
}

// One statement: of rows that a trigger keeps the children stay, and foreign keys are looked at when both are gone.
std::string with_children(std::string statement, const pg::Table& table, std::span<const DeletedWith> children) {
  if (children.empty()) return statement;
  std::string others;
  for (std::size_t i = 0; i < children.size(); ++i) {
    const DeletedWith& with = children[i];
    const std::vector<std::string> values = parent_values(*with.table, table, *with.child, "t");
    std::vector<std::string> terms;
    for (std::size_t k = 0; k < values.size(); ++k) {
      const std::string name = strcat("g", i + 1, "_", k + 1);
      statement += strcat(", ", values[k], " AS ", name);
      const std::string& column = with.child->parents[k].column;
      terms.push_back(strcat("c.", pg::quote_identifier(column), " ",
                             pg::equality_operator(with.table->column(column)->type), " g.", name));
    }
    others += strcat(", with", i + 1, " AS (DELETE FROM ", with.table->quoted, " c USING gone g WHERE ",
                     base::join(terms, " AND "), ")");
  }
  return strcat("WITH gone AS (", statement, ")", others, " SELECT n FROM gone");
}

core::RowFault fault_of(const pg::Error& error, std::size_t row) {
  core::RowFault out = row_fault(error, row);
  out.message = strcat(kCannotGo, error.message());
  if (error.sqlstate() == "23503" || error.sqlstate() == "23001") {
    out.code = core::code::kStillReferenced;
    out.suggestion = "Delete the rows that point at it, or use ON DELETE CASCADE; the next full run tries again.";
  }
  return out;
}

void delete_range(pg::Sql& sql, const DeletePlan& plan, std::span<const base::Cell> keys, std::size_t first,
                  std::size_t count, DeleteResult& result);

// One savepoint for the whole range. Keeps what it has done only if all of it could be done.
void delete_together(pg::Sql& sql, const DeletePlan& plan, std::span<const base::Cell> keys, std::size_t first,
                     std::size_t count, DeleteResult& result) {
  pg::StagedPage page(sql, kGone, plan.staged);
  stage_keys(page, plan, keys, first, count);
  const std::size_t deleted = (plan.by_index ? sql.run_by_index(plan.statement) : sql.run(plan.statement)).size();
  sql.run(kCheckNow);
  result.deleted += static_cast<std::int64_t>(deleted);
  if (deleted == count) return;
  const pg::Rows left = sql.run_by_index(plan.still_there);
  for (std::size_t i = 0; i < left.size(); ++i) result.kept.push_back(static_cast<std::size_t>(left.integer(i, 0)));
}

void delete_range(pg::Sql& sql, const DeletePlan& plan, std::span<const base::Cell> keys, std::size_t first,
                  std::size_t count, DeleteResult& result) {
  const DeleteResult before = result;
  try {
    pg::Savepoint savepoint(sql);
    delete_together(sql, plan, keys, first, count, result);
    savepoint.release();
    return;
  } catch (const pg::Error& error) {
    if (!of_a_row(error)) throw;
    result = before;
    if (count == 1) {
      result.faults.push_back(fault_of(error, first));
      return;
    }
  }
  delete_range(sql, plan, keys, first, count / 2, result);
  delete_range(sql, plan, keys, first + count / 2, count - count / 2, result);
}

}  // namespace

DeletePlan make_delete_plan(const pg::Table& table, const core::Mapping& mapping, const core::Target& target,
                            const std::vector<std::string>& match_columns, std::span<const DeletedWith> children) {
  DeletePlan plan;
  for (const std::string& name : match_columns) {
    const pg::TableColumn* column = table.column(name);
    if (column == nullptr)
      throw base::Failure(base::Errc::undefined_column,
                          strcat("column ", name, " of ", table.quoted, " is not there any more"));
    plan.staged.push_back({strcat("k", ++plan.keys), column->type, column->typmod, column->collation});
  }
  const std::string condition = plan.same_key = key_condition(table, match_columns);
  if (mapping.delete_mode == core::DeleteMode::soft) {
    plan_soft(table, mapping, target, condition, plan);
  } else {
    plan.statement = with_children(
        strcat("DELETE FROM ", table.quoted, " t USING ", kGone, " p WHERE ", condition, " RETURNING p.n"), table,
        children);
    for (const DeletedWith& with : children) plan.by_index = plan.by_index && with.by_index;
    plan.still_there =
        strcat("SELECT p.n FROM ", kGone, " p WHERE EXISTS (SELECT FROM ", table.quoted, " t WHERE ", condition, ")");
  }
  plan.staged.push_back({"n", pg::kInt4Type, -1, pg::kInvalidOid});
  return plan;
}

bool equals_other_texts(pg::Sql& sql, const DeletePlan& plan) {
  std::vector<std::int64_t> collations;
  for (std::size_t k = 0; k < plan.keys; ++k) collations.push_back(plan.staged[k].collation);
  return sql
      .engine(
          "SELECT EXISTS (SELECT FROM pg_catalog.pg_collation WHERE oid::int8 = ANY ($1) AND NOT collisdeterministic)",
          {collations})
      .boolean(0, 0);
}

void stage_keys(pg::StagedPage& page, const DeletePlan& plan, std::span<const base::Cell> keys, std::size_t first,
                std::size_t count) {
  std::vector<base::Cell> cells;
  for (std::size_t row = first; row < first + count; ++row) {
    const auto key = keys.begin() + static_cast<std::ptrdiff_t>(row * plan.keys);
    cells.insert(cells.end(), key, key + static_cast<std::ptrdiff_t>(plan.keys));
    cells.insert(cells.end(), plan.values.begin(), plan.values.end());
    base::Cell& number = cells.emplace_back();
    number.form = base::Cell::Form::integer;
    number.integer = static_cast<std::int64_t>(row);
  }
  page.append(cells);
  page.ready();
}

DeleteResult delete_rows(pg::Sql& sql, const DeletePlan& plan, std::span<const base::Cell> keys, std::size_t rows) {
  DeleteResult result;
  if (rows > 0) delete_range(sql, plan, keys, 0, rows, result);
  return result;
}

}  // namespace tandem::store
