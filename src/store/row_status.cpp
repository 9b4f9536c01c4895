#include "store/row_status.hpp"

#include "base/strings.hpp"
#include "pg/transaction.hpp"
#include "pg/type_oids.hpp"
#include "store/database_fault.hpp"

namespace tandem::store {

using base::strcat;

namespace {

constexpr std::string_view kFailedPage = "tandem_failed";

std::string statement(const WritePlan& plan, std::string_view last_error) {
  const pg::TableColumn* column = plan.table.column(last_error);
  const std::string name = pg::quote_identifier(last_error);
  const std::string message = column != nullptr && column->conversion.length > 0
                                  ? strcat("pg_catalog.\"left\"(p.message, ", column->conversion.length, ")")
                                  : std::string("p.message");
  return strcat("UPDATE ", plan.table.quoted, " t SET ", name, " = ", message, " FROM ", kFailedPage, " p WHERE ",
                plan.same_key("t", "p"), " AND (t.", name, " IS NULL OR t.", name,
                "::pg_catalog.text OPERATOR(pg_catalog.<>) ", message, ")");
}

bool try_to_mark(pg::Sql& sql, const std::string& update, std::span<const pg::StagedColumn> columns,
                 std::span<const FailedRow> rows) {
  std::vector<base::Cell> cells;
  for (const FailedRow& row : rows) {
    cells.insert(cells.end(), row.key.begin(), row.key.end());
    base::Cell& message = cells.emplace_back();
    message.form = base::Cell::Form::text;
    message.text = row.message;
  }
  try {
    pg::Savepoint savepoint(sql);
    {
      pg::StagedPage page(sql, kFailedPage, columns);
      page.append(cells);
      page.ready();
      sql.run_by_index(update);
    }
    sql.run(kCheckNow);
    savepoint.release();
    return true;
  } catch (const pg::Error& error) {
    if (!of_a_row(error)) throw;
    return false;
  }
}

}  // namespace

void mark_failed(pg::Sql& sql, const WritePlan& plan, std::string_view last_error, std::span<const FailedRow> rows) {
  if (rows.empty()) return;
  std::vector<pg::StagedColumn> columns;
  for (const std::size_t column : plan.key_columns) columns.push_back(plan.staged[column]);
  columns.push_back({"message", pg::kTextType, -1, pg::kDefaultCollation});
  const std::string update = statement(plan, last_error);
  if (try_to_mark(sql, update, columns, rows)) return;
  for (std::size_t i = 0; i < rows.size(); ++i) (void)try_to_mark(sql, update, columns, rows.subspan(i, 1));
}

}  // namespace tandem::store
