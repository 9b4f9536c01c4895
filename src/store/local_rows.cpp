#include "store/local_rows.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "pg/scopes.hpp"
#include "pg/type_oids.hpp"
#include "store/source.hpp"

namespace tandem::store {

using base::strcat;

namespace {

constexpr std::string_view kPage = "tandem_keys";

const pg::TableColumn& column_of(const pg::Table& table, const std::string& name) {
  if (const pg::TableColumn* column = table.column(name)) return *column;
  throw base::Failure(base::Errc::undefined_column,
                      strcat("column ", name, " of ", table.quoted, " is not there any more"), {},
                      "SELECT tandem.alter_mapping('…', '{\"columns\": …}');");
}

base::Cell text_cell(const std::optional<std::string>& text) {
  base::Cell cell;
  if (!text) return cell;
  cell.form = base::Cell::Form::text;
  cell.text = *text;
  return cell;
}

// As it is asked for, and what comes.
struct Asked {
  std::string expression;
  pg::StagedColumn column;
};
Asked ask(const pg::TableColumn& column, std::string name) {
  const bool money = column.conversion.name == "money";  // lc_monetary decides how that is printed
  return {strcat("t.", pg::quote_identifier(column.name), money ? "::pg_catalog.numeric" : ""),
          {std::move(name), money ? pg::kNumericType : column.type, -1, column.collation}};
}

// Keys are texts in items and contracts: as read_local_rows prints them.
std::string key_object(const std::vector<std::string>& key) {
  std::vector<std::string> missing, members;
  for (std::size_t i = 0; i < key.size(); ++i) {
    missing.push_back(strcat("f.k", i + 1, " IS NULL"));
    members.push_back(strcat(pg::quote_literal(key[i]), "::pg_catalog.text, pg_catalog.concat(f.k", i + 1, ")"));
  }
  return strcat("CASE WHEN ", base::join(missing, " OR "), " THEN NULL ELSE pg_catalog.jsonb_build_object(",
                base::join(members, ", "), ") END");
}

// What the query computes is its own session's business, how its values are printed is not: rows come as they are, and
// are printed by a second statement. Each key looks up its rows: conditions on the key find their way into most
// queries.
void plan_query(LocalRowPlan& plan, const pg::Table& table, const std::vector<Asked>& asked, const std::string& same) {
  std::vector<std::string> expressions, names, keys;
  plan.found = {{"n", pg::kInt4Type, -1, pg::kInvalidOid}};
  for (std::size_t i = 0; i < plan.key.size(); ++i) {
    Asked key = ask(column_of(table, plan.key[i]), strcat("k", i + 1));
    keys.push_back(std::move(key.expression));
    plan.all_found.push_back(std::move(key.column));
  }
  for (const Asked& one : asked) {
    expressions.push_back(one.expression);
    names.push_back(strcat("f.", one.column.name));
    plan.found.push_back(one.column);
    plan.all_found.push_back(one.column);
  }
  const std::string list = base::join(expressions, ", "), values = base::join(names, ", ");
  const std::string hash =
      strcat("pg_catalog.hashtextextended(ROW(", values, ")::pg_catalog.text COLLATE pg_catalog.\"C\", 0)");
  plan.read = strcat("SELECT p.n, ", list, " FROM ", kPage, " p CROSS JOIN LATERAL (SELECT * FROM ", rows_of(table),
                     " s WHERE ", same, " OFFSET 0) t");
  plan.print = strcat("SELECT f.n, ", values, ", ", hash, " FROM ", kFoundRows, " f");
  plan.all = strcat("SELECT ", base::join(keys, ", "), ", ", list, " FROM ", rows_of(table), " t");
  plan.identify = strcat("SELECT ", key_object(plan.key), ", ", hash, " FROM ", kFoundRows, " f");
}

pg::Rows run(pg::Sql& sql, const LocalRowPlan& plan) {
  if (plan.found.empty()) return sql.run_as_texts(plan.read);
  pg::StagedPage found(sql, kFoundRows, plan.found);
  {
    const pg::ReadOnly read_only;
    found.append_query(plan.read);
  }
  found.ready();
  const pg::Printing printing;
  return sql.run_as_texts(plan.print);
}

}  // namespace

LocalRowPlan make_local_row_plan(const pg::Table& table, const std::vector<std::string>& key,
                                 std::vector<std::string> columns, bool record) {
  LocalRowPlan plan;
  plan.key = key;
  plan.columns = std::move(columns);
  plan.record = record;
  const std::vector<std::string> equals = key_equality(table, key);
  const char* row = table.kind == 'q' ? "s." : "t.";
  std::vector<std::string> same, list;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const pg::TableColumn& column = column_of(table, key[i]);
    plan.staged.push_back({strcat("k", i + 1), column.type, column.typmod, column.collation});
    same.push_back(strcat(row, pg::quote_identifier(key[i]), " ", equals[i], " p.k", i + 1));
  }
  plan.staged.push_back({"n", pg::kInt4Type, -1, pg::kInvalidOid});
  std::vector<Asked> asked;
  for (const std::string& name : plan.columns)
    asked.push_back(ask(column_of(table, name), strcat("c", asked.size() + 1)));
  if (record) asked.push_back({"pg_catalog.to_jsonb(t.*)", {"record", pg::kJsonbType, -1, pg::kInvalidOid}});
  if (table.kind == 'q') {
    plan_query(plan, table, asked, base::join(same, " AND "));
    return plan;
  }
  for (const Asked& one : asked) list.push_back(one.expression);
  plan.read = strcat("SELECT p.n", list.empty() ? "" : ", ", base::join(list, ", "), " FROM ", kPage, " p JOIN ",
                     table.quoted, " t ON ", base::join(same, " AND "));
  return plan;
}

std::vector<std::optional<Texts>> read_local_rows(pg::Sql& sql, const LocalRowPlan& plan,
                                                  const std::vector<std::string>& keys) {
  std::vector<std::optional<Texts>> found(keys.size());
  std::vector<Texts> texts;  // what the cells point into
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::optional<Texts> key = texts_of_key(keys[i], plan.key);
    if (!key) continue;  // told by something else than its key: no row that is there is
    texts.push_back(*std::move(key));
    places.push_back(i);
  }
  if (texts.empty()) return found;
  std::vector<base::Cell> cells;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (const auto& text : texts[i]) cells.push_back(text_cell(text));
    base::Cell n;
    n.form = base::Cell::Form::integer;
    n.integer = static_cast<std::int64_t>(places[i]);
    cells.push_back(n);
  }
  pg::StagedPage page(sql, kPage, plan.staged);
  page.append(cells);
  page.ready();
  const pg::Rows rows = run(sql, plan);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Texts& row = found[std::stoul(rows.text(i, 0))].emplace();
    row.reserve(plan.columns.size());
    for (std::size_t c = 1; c < rows.columns(); ++c) row.push_back(rows.text_or_null(i, c));
  }
  return found;
}

std::vector<std::string> first_keys(pg::Sql& sql, const pg::Table& table, const std::vector<std::string>& key,
                                    std::size_t limit) {
  std::vector<std::string> columns;
  for (const std::string& name : key) columns.push_back(pg::quote_identifier(column_of(table, name).name));
  const std::string list = base::join(columns, ", ");
  const pg::Rows rows = sql.run_as_texts(strcat("SELECT ", list, " FROM ", rows_of(table), " t",
                                                table.kind == 'f' ? "" : strcat(" ORDER BY ", list), " LIMIT ", limit));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    base::Json object = base::Json::object();
    for (std::size_t k = 0; k < key.size(); ++k) {
      const auto text = rows.text_or_null(i, k);
      object.set(key[k], text ? base::Json(*text) : base::Json());
    }
    out.push_back(object.dump());
  }
  return out;
}

std::optional<Texts> texts_of_key(std::string_view key, const std::vector<std::string>& columns) {
  const base::Result<base::Json> json = base::Json::parse(key);
  if (!json || !json->is_object()) return std::nullopt;
  Texts texts;
  for (const std::string& column : columns) {
    const base::Json* value = json->find(column);
    if (value == nullptr) return std::nullopt;
    texts.push_back(value->is_null() ? std::nullopt : std::optional(value->string()));
  }
  return texts;
}

}  // namespace tandem::store
