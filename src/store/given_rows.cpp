#include "store/given_rows.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "pg/error.hpp"
#include "pg/staging.hpp"
#include "pg/transaction.hpp"
#include "pg/type_oids.hpp"
#include "store/database_fault.hpp"

namespace tandem::store {

namespace {

constexpr const char* kPage = "tandem_given";

void read_all(pg::Sql& sql, const GivenRowPlan& plan, const std::vector<std::string>& records, std::size_t first,
              std::size_t count, GivenRows& out) {
  const std::array<pg::StagedColumn, 2> staged{
      {{.name = "v", .type = pg::kTextType}, {.name = "n", .type = pg::kInt4Type}}};
  std::vector<base::Cell> cells;
  for (std::size_t i = first; i < first + count; ++i) {
    base::Cell value, n;
    value.form = base::Cell::Form::text;
    value.text = records[i];
    n.form = base::Cell::Form::integer;
    n.integer = static_cast<std::int64_t>(i);
    cells.push_back(value);
    cells.push_back(n);
  }
  pg::StagedPage page(sql, kPage, staged);
  page.append(cells);
  page.ready();
  const pg::Rows rows = sql.run_as_texts(plan.read);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Texts& row = out.rows[std::stoul(rows.text(i, 0))].emplace();
    for (std::size_t c = 1; c < rows.columns(); ++c) row.push_back(rows.text_or_null(i, c));
  }
}

// False: one of them is to blame.
bool try_all(pg::Sql& sql, const GivenRowPlan& plan, const std::vector<std::string>& records, std::size_t first,
             std::size_t count, GivenRows& out) {
  try {
    pg::Savepoint savepoint(sql);
    read_all(sql, plan, records, first, count, out);
    savepoint.release();
    return true;
  } catch (const pg::Error& error) {
    if (!of_a_row(error)) throw;
    if (count == 1) out.faults.push_back(row_fault(error, first));
    return false;
  }
}

}  // namespace

GivenRowPlan make_given_row_plan(const pg::Table& table, const std::vector<std::string>& columns, bool record) {
  std::vector<std::string> list{"p.n"};
  for (const std::string& name : columns) {
    const pg::TableColumn* column = table.column(name);
    if (column == nullptr)
      throw base::Failure(base::Errc::undefined_column,
                          base::strcat("column ", name, " of ", table.quoted, " is not there"));
    const bool money = column->conversion.name == "money";  // lc_monetary decides how that is printed
    list.push_back(base::strcat("r.", pg::quote_identifier(name), money ? "::pg_catalog.numeric" : ""));
  }
  if (record) list.emplace_back("pg_catalog.to_jsonb(r.*)");
  return {columns.size() + (record ? 1 : 0),
          base::strcat("SELECT ", base::join(list, ", "), " FROM ", kPage,
                       " p CROSS JOIN LATERAL pg_catalog.jsonb_populate_record(NULL::", table.quoted,
                       ", p.v::pg_catalog.jsonb) r")};
}

GivenRows read_given_rows(pg::Sql& sql, const GivenRowPlan& plan, const std::vector<std::string>& records) {
  GivenRows out;
  out.rows.resize(records.size());
  if (records.empty() || try_all(sql, plan, records, 0, records.size(), out)) return out;
  for (std::size_t i = 0; i < records.size(); ++i) (void)try_all(sql, plan, records, i, 1, out);
  return out;
}

}  // namespace tandem::store
