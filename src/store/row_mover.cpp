#include "store/row_mover.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/expression.hpp"
#include "pg/type_oids.hpp"
#include "store/child_plan.hpp"

namespace tandem::store {

using base::strcat;

namespace {

constexpr std::string_view kMoving = "tandem_moving";
// Rows that move up one behind the other take as many rounds.
constexpr int kMostRounds = 100;

std::string staged_as(std::string_view letter, std::size_t column) { return strcat("p.", letter, column + 1); }

// "t.email OPERATOR(pg_catalog.=) p.o1 AND …"
std::string same_key(const pg::UniqueKey& key, const std::vector<std::string>& columns, std::string_view alias,
                     std::string_view letter) {
  std::vector<std::string> terms;
  for (std::size_t k = 0; k < key.columns.size(); ++k) {
    const auto at = static_cast<std::size_t>(std::ranges::find(columns, key.columns[k]) - columns.begin());
    terms.push_back(
        strcat(alias, ".", pg::quote_identifier(key.columns[k]), " ", key.equals[k], " ", staged_as(letter, at)));
  }
  return base::join(terms, " AND ");
}

// "c.order_email OPERATOR(pg_catalog.=) m.o1 AND …"; empty: nothing in the child table tells of these columns.
std::string same_old_parent(const DeletedWith& with, const std::vector<std::string>& columns) {
  std::vector<std::string> terms;
  for (const core::ChildTable::Parent& parent : with.child->parents) {
    const auto at = std::ranges::find(columns, parent.of);
    if (at == columns.end()) continue;
    const pg::Oid type = with.table->column(parent.column)->type;
    terms.push_back(strcat("c.", pg::quote_identifier(parent.column), " ", pg::equality_operator(type), " m.o",
                           at - columns.begin() + 1, "::", pg::type_name(pg::base_type(type))));
  }
  return base::join(terms, " AND ");
}

// One statement: foreign keys are looked at when the row has moved and the old children are gone.
std::string with_children(std::string statement, const std::vector<std::string>& columns,
                          std::span<const DeletedWith> children) {
  std::string others;
  for (std::size_t i = 0; i < children.size(); ++i)
    if (const std::string same = same_old_parent(children[i], columns); !same.empty())
      others +=
          strcat(", with", i + 1, " AS (DELETE FROM ", children[i].table->quoted, " c USING moved m WHERE ", same, ")");
  if (others.empty()) return statement;
  return strcat("WITH moved AS (", statement, ")", others, " SELECT n FROM moved");
}

void stage(pg::StagedPage& page, const RowMoves& moves, std::span<const std::size_t> entries) {
  const std::size_t width = 2 * moves.plan->keys;
  std::vector<base::Cell> cells;
  for (const std::size_t entry : entries) {
    const auto key = std::span(moves.keys).subspan(entry * width, width);
    cells.insert(cells.end(), key.begin(), key.end());
    base::Cell& number = cells.emplace_back();
    number.form = base::Cell::Form::integer;
    number.integer = static_cast<std::int64_t>(entry);
  }
  page.append(cells);
  page.ready();
}

}  // namespace

MovePlan make_move_plan(const pg::Table& table, const std::vector<std::string>& match_columns,
                        std::span<const DeletedWith> children) {
  MovePlan plan;
  plan.keys = match_columns.size();
  std::vector<std::string> assignments, returned;
  for (const char* letter : {"o", "k"})
    for (std::size_t i = 0; i < match_columns.size(); ++i) {
      const pg::TableColumn* column = table.column(match_columns[i]);
      if (column == nullptr)
        throw base::Failure(base::Errc::undefined_column,
                            strcat("column ", match_columns[i], " of ", table.quoted, " is not there any more"));
      plan.staged.push_back({strcat(letter, i + 1), column->type, column->typmod, column->collation});
    }
  for (std::size_t i = 0; i < match_columns.size(); ++i) {
    assignments.push_back(strcat(pg::quote_identifier(match_columns[i]), " = ", staged_as("k", i)));
    returned.push_back(staged_as("o", i));
  }
  plan.staged.push_back({"n", pg::kInt4Type, -1, pg::kInvalidOid});
  const pg::UniqueKey& key = unique_key(table, match_columns);
  plan.statement = with_children(
      strcat("UPDATE ", table.quoted, " t SET ", base::join(assignments, ", "), " FROM ", kMoving, " p WHERE ",
             same_key(key, match_columns, "t", "o"), " AND NOT EXISTS (SELECT FROM ", table.quoted, " x WHERE ",
             same_key(key, match_columns, "x", "k"), ") RETURNING p.n, ", base::join(returned, ", ")),
      match_columns, children);
  for (const DeletedWith& with : children) plan.by_index = plan.by_index && with.by_index;
  return plan;
}

void RowMoves::undone(std::span<const std::size_t> rows) {
  for (const std::size_t row : rows)
    if (entry[row] != kNone) moved[entry[row]] = false;
}

void move_rows(pg::Sql& sql, RowMoves& moves, std::span<const std::size_t> rows) {
  std::vector<std::size_t> left;
  for (const std::size_t row : rows)
    if (moves.entry[row] != RowMoves::kNone) left.push_back(moves.entry[row]);
  const MovePlan& plan = *moves.plan;
  for (int round = 0; round < kMostRounds && !left.empty(); ++round) {
    pg::StagedPage page(sql, kMoving, plan.staged);
    stage(page, moves, left);
    const pg::Rows found = plan.by_index ? sql.run_by_index(plan.statement) : sql.run(plan.statement);
    if (found.empty()) return;
    for (std::size_t i = 0; i < found.size(); ++i) moves.moved[static_cast<std::size_t>(found.integer(i, 0))] = true;
    std::erase_if(left, [&](std::size_t entry) { return moves.moved[entry]; });
  }
}

}  // namespace tandem::store
