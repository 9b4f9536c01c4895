#include "store/child_plan.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "core/mapping/children.hpp"
#include "pg/expression.hpp"
#include "pg/type_oids.hpp"

namespace tandem::store {

using base::strcat;

namespace {

std::string key_name(std::size_t i) { return strcat("a", i + 1); }

const pg::TableColumn& column_of(const pg::Table& table, const std::string& name) {
  if (const pg::TableColumn* column = table.column(name)) return *column;
  throw base::Failure(base::Errc::undefined_column,
                      strcat("column ", name, " of ", table.quoted, " is not there any more"));
}

// "t.no OPERATOR(pg_catalog.=) p.c2 AND …" of the columns that tell rows of one parent apart.
std::string same_row(const pg::Table& table, const core::ChildTable& child, const std::vector<std::string>& columns,
                     std::string_view page) {
  std::vector<std::string> terms;
  for (const std::string& name : core::key_columns(child)) {
    const auto at = static_cast<std::size_t>(std::ranges::find(columns, name) - columns.begin());
    terms.push_back(strcat("t.", pg::quote_identifier(name), " ", pg::equality_operator(column_of(table, name).type),
                           " ", page, ".", staged_name(at)));
  }
  return base::join(terms, " AND ");
}

// Whether different texts may be one key to the table: 1 and 1.0, A and a.
bool may_be_spelled_twice(const pg::TableColumn& column) {
  using base::TypeClass;
  const TypeClass type = column.conversion.type_class;
  return type != TypeClass::smallint && type != TypeClass::integer && type != TypeClass::bigint &&
         column.type != pg::kTextType;
}

// Two such elements would be one row, and the later of them lost without a word. It is brought as if it were missing,
// and the unique index says what is wrong.
std::string spelled_twice(const pg::Table& table, const core::ChildTable& child,
                          const std::vector<std::string>& columns) {
  std::string keys;
  bool some = false;
  for (const std::string& name : core::key_columns(child)) {
    some = some || may_be_spelled_twice(column_of(table, name));
    const auto at = static_cast<std::size_t>(std::ranges::find(columns, name) - columns.begin());
    keys += strcat(", p.", staged_name(at));
  }
  if (!some) return {};
  return strcat(" UNION SELECT n, e FROM (SELECT p.n, p.e, pg_catalog.row_number() OVER (PARTITION BY p.n", keys,
                " ORDER BY p.e) AS time FROM ", kChildrenPage, " p) q WHERE q.time OPERATOR(pg_catalog.>) 1");
}

void plan_keyed(const core::ChildTable& child, const core::Mapping& mapping, const std::vector<std::string>& columns,
                ChildPlan& plan) {
  const ColumnLists lists = column_lists(mapping, core::key_columns(child));
  const std::string of_parent = same_parent(plan.table, child, "t", "p");
  const std::string same = strcat(of_parent, " AND ", same_row(plan.table, child, columns, "p"));
  const std::string not_in_page =
      strcat("NOT EXISTS (SELECT FROM ", kChildrenPage, " l WHERE l.n OPERATOR(pg_catalog.=) ", "p.n AND ",
             same_row(plan.table, child, columns, "l"), ")");
  const std::string differs =
      strcat("ROW(", lists.old_values, ")::record OPERATOR(pg_catalog.*<>) ROW(", lists.new_values, ")::record");
  plan.remove = strcat("DELETE FROM ", plan.table.quoted, " t USING ", kParentsPage, " p WHERE ", of_parent, " AND ",
                       not_in_page, " RETURNING p.n");
  if (!lists.old_values.empty())
    plan.change = strcat("UPDATE ", plan.table.quoted, " t SET ", lists.assignments, " FROM ", kChildrenPage,
                         " p WHERE ", same, " AND ", differs, " RETURNING p.n");
  plan.left_over =
      strcat("SELECT p.n FROM ", kChildrenPage, " p WHERE NOT EXISTS (SELECT FROM ", plan.table.quoted, " t WHERE ",
             same, lists.old_values.empty() ? "" : strcat(" AND NOT ", differs), ") UNION SELECT p.n FROM ",
             kParentsPage, " p JOIN ", plan.table.quoted, " t ON ", of_parent, " WHERE ", not_in_page);
  plan.missing = strcat("SELECT p.n, p.e FROM ", kChildrenPage, " p WHERE NOT EXISTS (SELECT FROM ", plan.table.quoted,
                        " t WHERE ", same, ")", spelled_twice(plan.table, child, columns));
}

// Rows of the table and of the page are paired, one to one, where they are equal: what has no partner goes, or comes.
void plan_by_content(const core::ChildTable& child, const core::Mapping& mapping, ChildPlan& plan) {
  const ColumnLists lists = column_lists(mapping, {});
  const std::string alone = strcat(
      "SELECT n, at, part, e FROM (SELECT y.*, pg_catalog.count(*) OVER (PARTITION BY n, g, i) AS partners FROM "
      "(SELECT "
      "x.*, pg_catalog.row_number() OVER (PARTITION BY n, g, e IS NULL) AS i FROM (SELECT u.n, u.at, u.part, u.e, "
      "pg_catalog.dense_rank() OVER (PARTITION BY u.n ORDER BY u.held USING OPERATOR(pg_catalog.*<)) AS g FROM (SELECT "
      "p.n, t.ctid AS at, t.tableoid AS part, NULL::pg_catalog.int4 AS e, ROW(",
      lists.old_values, ")::record AS held FROM ", kParentsPage, " p JOIN ", plan.table.quoted, " t ON ",
      same_parent(plan.table, child, "t", "p"),
      " UNION ALL SELECT p.n, NULL::pg_catalog.tid, NULL::pg_catalog.oid, p.e, ROW(", lists.new_values,
      ")::record FROM ", kChildrenPage, " p) u) x) y) z WHERE partners OPERATOR(pg_catalog.=) 1");
  plan.replace = strcat("WITH alone AS MATERIALIZED (", alone, "), gone AS (DELETE FROM ", plan.table.quoted,
                        " t USING alone WHERE t.ctid OPERATOR(pg_catalog.=) alone.at AND t.tableoid "
                        "OPERATOR(pg_catalog.=) alone.part RETURNING alone.n) SELECT n, e, false FROM alone UNION ALL "
                        "SELECT n, NULL, true FROM gone");
  plan.left_over = strcat("SELECT DISTINCT n FROM (", alone, ") alone");
}

}  // namespace

pg::Rows ChildPlan::run(pg::Sql& sql, const std::string& statement) const {
  return by_index ? sql.run_by_index_and_hash(statement) : sql.run(statement);
}

std::vector<std::string> parent_columns(const core::ChildTable& child) {
  std::vector<std::string> out;
  for (const core::ChildTable::Parent& parent : child.parents) out.push_back(parent.column);
  return out;
}

std::string same_parent(const pg::Table& table, const core::ChildTable& child, std::string_view alias,
                        std::string_view page) {
  std::vector<std::string> terms;
  for (std::size_t i = 0; i < child.parents.size(); ++i) {
    const std::string& name = child.parents[i].column;
    terms.push_back(strcat(alias, ".", pg::quote_identifier(name), " ",
                           pg::equality_operator(column_of(table, name).type), " ", page, ".", key_name(i)));
  }
  return base::join(terms, " AND ");
}

std::vector<std::string> parent_values(const pg::Table& table, const pg::Table& parent, const core::ChildTable& child,
                                       std::string_view alias) {
  std::vector<std::string> out;
  for (const core::ChildTable::Parent& one : child.parents) {
    const pg::Oid to = pg::base_type(column_of(table, one.column).type);
    const bool same = column_of(parent, one.of).type == to;
    out.push_back(
        strcat(alias, ".", pg::quote_identifier(one.of), same ? std::string() : strcat("::", pg::type_name(to))));
  }
  return out;
}

bool has_index_on(pg::Sql& sql, pg::Oid table, const std::vector<std::string>& columns) {
  return sql
      .engine(
          "SELECT EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid"
          " AND a.attnum = i.indkey[0] WHERE i.indrelid = $1 AND i.indisvalid AND i.indisready AND i.indpred IS NULL"
          " AND a.attname = ANY ($2))",
          {pg::Param::oid(table), columns})
      .boolean(0, 0);
}

ChildPlan make_child_plan(pg::Sql& sql, const pg::Table& table, const WritePlan& parent, const core::ChildTable& child,
                          const core::Mapping& mapping) {
  ChildPlan plan;
  plan.name = core::array_name(child);
  plan.table = table;
  plan.keys = child.parents.size();
  const pg::StagedColumn number{"n", pg::kInt4Type, -1, pg::kInvalidOid};
  std::vector<std::string> names, values;
  for (std::size_t i = 0; i < child.parents.size(); ++i) {
    const pg::TableColumn& column = column_of(table, child.parents[i].column);
    plan.parents.push_back({key_name(i), column.type, column.typmod, column.collation});
    names.push_back(pg::quote_identifier(column.name));
    values.push_back(strcat("p.", key_name(i)));
  }
  plan.rows = plan.parents;
  plan.parents.push_back(number);
  std::vector<std::string> columns;
  stage_columns(table, mapping, plan.rows, columns);
  plan.rows.push_back(number);
  plan.rows.push_back({"e", pg::kInt4Type, -1, pg::kInvalidOid});
  for (std::size_t i = 0; i < columns.size(); ++i) {
    names.push_back(pg::quote_identifier(columns[i]));
    values.push_back(strcat("p.", staged_name(i)));
  }
  const std::vector<std::string> keys = parent_values(table, parent.table, child, "t");
  plan.find_parents = strcat("SELECT p.n, NULL::pg_catalog.text, ", base::join(keys, ", "), " FROM ", kStagedPage,
                             " p JOIN ", parent.table.quoted, " t ON ", parent.same_key("t", "p"));
  plan.any = strcat("SELECT EXISTS (SELECT FROM ", kParentsPage, " p JOIN ", table.quoted, " t ON ",
                    same_parent(table, child, "t", "p"), ")");
  plan.insert = strcat("INSERT INTO ", table.quoted, " (", base::join(names, ", "), ") SELECT ",
                       base::join(values, ", "), " FROM ", kChildrenPage, " p");
  plan.by_index = has_index_on(sql, table.oid, parent_columns(child));
  if (child.key.empty())
    plan_by_content(child, mapping, plan);
  else
    plan_keyed(child, mapping, columns, plan);
  return plan;
}

}  // namespace tandem::store
