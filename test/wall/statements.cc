// SQL functions that run SQL through the wall: nested, caught, staged, as the engine.
#include <unistd.h>

#include <array>
#include <limits>
#include <vector>

#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/error.hpp"
#include "pg/function_call.hpp"
#include "pg/session.hpp"
#include "pg/settings.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"
#include "pg/transaction.hpp"
#include "pg/wait.hpp"

#include "module.hpp"

namespace pg = tandem::pg;
using tandem::base::Cell;
using tandem::base::Failure;

namespace {

constexpr pg::Oid kInt2 = 21, kInt4 = 23, kInt8 = 20, kBool = 16, kFloat4 = 700, kFloat8 = 701, kText = 25,
                  kDate = 1082, kTimestamp = 1114, kTimestamptz = 1184, kVarchar = 1043, kJsonb = 3802;
constexpr pg::Oid kDefaultCollation = 100;

Cell text_cell(std::string_view text) {
  Cell cell;
  cell.form = Cell::Form::text;
  cell.text = text;
  return cell;
}

Cell number_cell(Cell::Form form, std::int64_t value) {
  Cell cell;
  cell.form = form;
  cell.integer = value;
  return cell;
}

Cell real_cell(double value) {
  Cell cell;
  cell.form = Cell::Form::real;
  cell.real = value;
  return cell;
}

// The first column of every row, as text.
std::vector<std::vector<pg::Out>> first_column(const pg::Rows& rows) {
  std::vector<std::vector<pg::Out>> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({rows.text_or_null(i, 0)});
  return out;
}

}  // namespace

// What one statement says, run with SPI inside the caller's transaction; an error passes on.
TANDEM_FUNCTION(wall_run) {
  const wall::Counted counted;
  pg::CallerSpi sql;
  const pg::Rows rows = sql.run(call.required_text(0, "sql"));
  return call.ret_text(rows.empty() ? "" : rows.text(0, 0));
}

// A Failure between connect and return must not leave SPI connected.
TANDEM_FUNCTION(wall_failure_inside) {
  try {
    pg::CallerSpi sql;
    (void)sql.run("SELECT 1");
    throw Failure(tandem::base::Errc::internal, "ours");
  } catch (const Failure&) {
  }
  pg::CallerSpi sql;
  return call.ret_text(sql.run("SELECT 'went on'::text").text(0, 0));
}

// Runs a statement under a savepoint; after an error that is not a cancel it goes on and says what it was.
TANDEM_FUNCTION(wall_caught) {
  pg::CallerSpi sql;
  std::string said = "no error";
  (void)sql.run("CREATE TEMP TABLE IF NOT EXISTS kept (n int)");
  try {
    pg::Savepoint savepoint(sql);
    (void)sql.run("INSERT INTO kept VALUES (1)");
    (void)sql.run(call.required_text(0, "sql"));
    savepoint.release();
  } catch (const pg::Error& error) {
    if (error.is_cancel()) throw;
    said = error.sqlstate();
  }
  return call.ret_text(said + ", rows " + sql.run("SELECT count(*)::text FROM kept").text(0, 0));
}

// Forgetting the rule: an error is caught and nothing rolled back. The connection refuses to go on.
TANDEM_FUNCTION(wall_caught_without_savepoint) {
  pg::CallerSpi sql;
  try {
    (void)sql.run("SELECT 1/0");
  } catch (const pg::Error&) {
  }
  (void)sql.run("SELECT 1");
  return call.ret_void();
}

TANDEM_FUNCTION(wall_parameters) {
  pg::CallerSpi sql;
  const pg::Rows rows = sql.run(
      "SELECT $1, $2, $3, $4, $5, $6, $7, $8, pg_typeof($8)::text, $9::text, 7::int2, 8::int4, 1.5::float4, "
      "12.50::numeric",
      {"text", std::numeric_limits<std::int64_t>::min(), true, 0.1, tandem::base::Instant{1},
       std::vector<std::string>{"a", "", "c,"}, std::vector<std::int64_t>{1, -1}, pg::Param::oid(4294967295U),
       std::optional<std::string>{}});
  wall::expect(rows.columns() == 14 && rows.size() == 1 && rows.processed() == 1, "shape");
  wall::expect(rows.text(0, 0) == "text" && rows.boolean(0, 2) && rows.real(0, 3) == 0.1, "scalars");
  wall::expect(rows.integer(0, 1) == std::numeric_limits<std::int64_t>::min(), "int8");
  wall::expect(rows.instant(0, 4).micros == 1, "timestamptz");
  wall::expect(rows.text(0, 5) == "{a,\"\",\"c,\"}" && rows.text(0, 6) == "{1,-1}", "arrays");
  wall::expect(rows.integer(0, 7) == 4294967295 && rows.text(0, 8) == "oid", "oid");
  wall::expect(rows.is_null(0, 9) && !rows.text_or_null(0, 9), "null");
  wall::expect(rows.integer(0, 10) == 7 && rows.integer(0, 11) == 8 && rows.real(0, 12) == 1.5, "small numbers");
  wall::expect(rows.text(0, 13) == "12.50", "numeric as text");
  bool refused = false;
  try {
    (void)rows.integer(0, 0);
  } catch (const Failure&) {
    refused = true;
  }
  wall::expect(refused, "a text is no integer");
  wall::expect(sql.run("SELECT").size() == 0 && sql.run("DO 'BEGIN END'").empty(), "no columns");
  return call.ret_boolean(true);
}

TANDEM_FUNCTION(wall_engine) {
  pg::CallerSpi sql;
  return call.ret_rows(first_column(sql.engine(call.required_text(0, "sql"))));
}

// The plan of a statement over a page of keys 1..100.
TANDEM_FUNCTION(wall_plan) {
  pg::CallerSpi sql;
  const std::array<pg::StagedColumn, 1> columns{{{.name = "id", .type = kInt8}}};
  pg::StagedPage page(sql, "page", columns);
  std::vector<Cell> cells;
  for (std::int64_t i = 1; i <= 100; ++i) cells.push_back(number_cell(Cell::Form::integer, i));
  page.append(cells);
  page.ready();
  const std::string statement = call.required_text(0, "sql");
  return call.ret_rows(first_column(call.boolean(1).value() ? sql.run_by_index(statement) : sql.run(statement)));
}

// Every value as text into a column of the type; what SQL sees of it.
TANDEM_FUNCTION(wall_stage) {
  pg::CallerSpi sql;
  const std::vector<pg::StagedColumn> columns{{.name = "v",
                                               .type = static_cast<pg::Oid>(call.integer(0).value()),
                                               .typmod = static_cast<std::int32_t>(call.integer(1).value()),
                                               .collation = static_cast<pg::Oid>(call.integer(2).value())}};
  pg::StagedPage page(sql, "page", columns);
  const auto values = call.text_array(3).value();
  std::vector<Cell> cells;
  for (const std::string& value : values) cells.push_back(value == "NULL" ? Cell{} : text_cell(value));
  page.append(cells);
  page.ready();
  wall::expect(page.rows() == values.size(), "rows are counted");
  return call.ret_rows(first_column(sql.run("SELECT v::text FROM page")));
}

TANDEM_FUNCTION(wall_stage_native) {
  pg::CallerSpi sql;
  const std::vector<pg::StagedColumn> columns{
      {.name = "i2", .type = kInt2},
      {.name = "i4", .type = kInt4},
      {.name = "i8", .type = kInt8},
      {.name = "b", .type = kBool},
      {.name = "f4", .type = kFloat4},
      {.name = "f8", .type = kFloat8},
      {.name = "t", .type = kText, .typmod = -1, .collation = kDefaultCollation},
      {.name = "d", .type = kDate},
      {.name = "ts", .type = kTimestamp},
      {.name = "tz", .type = kTimestamptz},
      {.name = "tz0", .type = kTimestamptz, .typmod = 0},
      {.name = "vc", .type = kVarchar, .typmod = 7, .collation = kDefaultCollation},
      {.name = "j", .type = kJsonb}};
  pg::StagedPage page(sql, "page", columns);
  using Form = Cell::Form;
  const std::vector<Cell> row{number_cell(Form::integer, -32768),
                              number_cell(Form::integer, -2147483648LL),
                              number_cell(Form::integer, 9007199254740993LL),
                              number_cell(Form::integer, 1),
                              real_cell(1.5),
                              real_cell(0.1),
                              text_cell("\xC3\xA9t\xC3\xA9"),
                              number_cell(Form::time, -1),
                              number_cell(Form::time, 1),
                              number_cell(Form::time, 86400000000LL),
                              number_cell(Form::time, 1600000),
                              text_cell("abc"),
                              text_cell("{\"a\": 9007199254740993}")};
  page.append(row);
  page.append(std::vector<Cell>(columns.size()));
  page.ready();
  return call.ret_rows(first_column(sql.run("SELECT page::text FROM page")));
}

// Out of range, wrong form, bad text: each an error of its own, after which the page's name is free again.
TANDEM_FUNCTION(wall_stage_errors) {
  pg::CallerSpi sql;
  std::string said;
  const auto attempt = [&](pg::Oid type, const Cell& cell, const char* statement) {
    try {
      pg::Savepoint savepoint(sql);
      const std::array<pg::StagedColumn, 1> columns{{{.name = "v", .type = type}}};
      pg::StagedPage page(sql, "page", columns);
      page.append(std::span(&cell, 1));
      page.ready();
      (void)sql.run(statement);
      said += "ok ";
    } catch (const pg::Error& error) {
      said += std::string(error.sqlstate()) + " ";
    }
  };
  attempt(kInt2, number_cell(Cell::Form::integer, 32768), "SELECT 1");
  attempt(kInt4, text_cell("12x"), "SELECT 1");
  attempt(kText, real_cell(1), "SELECT 1");
  attempt(kInt4, text_cell("12"), "SELECT wall_boom(v) FROM page");  // raises deep inside PL/pgSQL
  attempt(kInt4, text_cell("12"), "SELECT v FROM page");
  attempt(kInt4, text_cell("12"), "SELECT nothing FROM page");
  attempt(kInt4, text_cell("12"), "SELECT v FROM page");
  return call.ret_text(said);
}

TANDEM_FUNCTION(wall_stage_many) {
  pg::CallerSpi sql;
  const std::array<pg::StagedColumn, 2> columns{
      {{.name = "id", .type = kInt8}, {.name = "t", .type = kText, .typmod = -1, .collation = kDefaultCollation}}};
  pg::StagedPage page(sql, "page", columns);
  const std::int64_t rows = call.integer(0).value();
  const std::string text(call.integer(1).value(), 'x');
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::array<Cell, 2> row{number_cell(Cell::Form::integer, i), text_cell(text)};
    page.append(row);
  }
  page.ready();
  return call.ret_text(sql.run("SELECT count(DISTINCT id) || ' ' || sum(length(t)) FROM page").text(0, 0));
}

// The columns and keys that describe_table finds, printed for comparison.
TANDEM_FUNCTION(wall_describe) {
  pg::CallerSpi sql;
  const auto table = pg::describe_table(sql, static_cast<pg::Oid>(call.integer(0).value()));
  std::vector<std::vector<pg::Out>> lines;
  if (!table) return call.ret_rows(lines);
  lines.push_back({table->quoted + " kind=" + table->kind + " triggers=" + std::to_string(table->row_triggers) +
                   " rls=" + std::to_string(table->row_security)});
  for (const pg::TableColumn& column : table->columns) {
    lines.push_back(
        {"column " + column.name + " class=" + std::to_string(static_cast<int>(column.conversion.type_class)) +
         " element=" + std::to_string(static_cast<int>(column.conversion.element_class)) + " length=" +
         std::to_string(column.conversion.length) + " precision=" + std::to_string(column.conversion.precision) +
         " scale=" + std::to_string(column.conversion.scale) + " name=" + column.conversion.name +
         (column.not_null ? " not_null" : "") + (column.has_default ? " default" : "") +
         (column.generated ? " generated" : "") + (column.identity != '\0' ? " identity" : "")});
  }
  for (const pg::UniqueKey& key : table->unique_keys) {
    std::string line = key.primary ? "primary" : "unique";
    for (std::size_t i = 0; i < key.columns.size(); ++i) line += " " + key.columns[i] + " " + key.equals[i];
    lines.push_back({line});
  }
  for (const pg::ForeignKey& key : table->foreign_keys) {
    std::string line = "foreign " + key.name;
    for (const std::string& column : key.columns) line += " " + column;
    lines.push_back({line + " -> " + key.referenced});
  }
  return call.ret_rows(lines);
}

TANDEM_FUNCTION(wall_try_lock) {
  return call.ret_boolean(pg::try_lock_table(static_cast<pg::Oid>(call.integer(0).value())));
}

TANDEM_FUNCTION(wall_roles) {
  const pg::Oid role = pg::role_oid(call.required_text(0, "role"));
  wall::expect(pg::role_name(role) == call.required_text(0, "role"), "name of the role");
  wall::expect(pg::role_oid("nobody such") == pg::kInvalidOid && pg::role_name(1) == "", "no role");
  const auto table = static_cast<pg::Oid>(call.integer(1).value());
  std::string said = pg::is_superuser(role) ? "superuser " : "";
  if (pg::role_can_login(role)) said += "login ";
  if (pg::has_role(role, pg::role_oid("pg_monitor"))) said += "monitor ";
  for (const char* privileges : {"SELECT", "SELECT, INSERT", "DELETE"}) {
    if (pg::has_table_privilege(role, table, privileges)) said += "[" + std::string(privileges) + "]";
  }
  wall::expect(!pg::has_table_privilege(role, 1, "SELECT"), "no table");
  return call.ret_text(said);
}

TANDEM_FUNCTION(wall_settings) {
  pg::define_settings();
  return call.ret_integer(pg::settings().max_response_bytes);
}

// Waits in the caller's session until cancelled, terminated, or the time is over.
TANDEM_FUNCTION(wall_wait) {
  const wall::Counted counted;
  std::array<int, 2> ends{};
  wall::expect(pipe(ends.data()) == 0, "pipe");
  struct Close {
    std::array<int, 2>& ends;
    ~Close() {
      close(ends[0]);
      close(ends[1]);
    }
  } const close_ends{ends};
  bool refused = false;
  try {
    (void)pg::WaitSet(ends, pg::WaitSet::Use::background).wait(0);
  } catch (const Failure&) {
    refused = true;
  }
  wall::expect(pg::in_transaction() && refused, "a background wait refuses an open transaction");
  const std::array<int, 1> readable{ends[0]};
  pg::WaitSet set(readable, pg::WaitSet::Use::foreground);
  pg::WaitSet::Woken woken;
  do {  // the session's latch may be set from before
    woken = set.wait(1);
  } while (woken.latch);
  wall::expect(woken.timeout && woken.descriptors == 0, "an empty pipe times out");
  wall::expect(write(ends[1], "x", 1) == 1 && (set.wait(-1).descriptors & 1) == 1, "a byte wakes");
  char byte = 0;
  wall::expect(read(ends[0], &byte, 1) == 1, "read");
  for (std::int64_t left = call.integer(0).value(); left > 0; --left) (void)set.wait(1000);
  return call.ret_text("waited");
}
