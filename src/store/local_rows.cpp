#include "store/local_rows.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "pg/expression.hpp"
#include "pg/type_oids.hpp"

namespace tandem::store {

using base::strcat;

namespace {

constexpr std::string_view kPage = "tandem_keys";

bool same_columns(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

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

// How the columns of a key are compared: as the index over them does, where there is one.
std::vector<std::string> key_equality(const pg::Table& table, const std::vector<std::string>& key) {
  std::vector<std::string> equals;
  if (table.kind == 'f') {  // has no indexes: what its columns call equal
    for (const std::string& name : key) equals.push_back(pg::equality_operator(column_of(table, name).type));
    return equals;
  }
  const auto unique = std::ranges::find_if(
      table.unique_keys, [&](const pg::UniqueKey& candidate) { return same_columns(candidate.columns, key); });
  if (unique == table.unique_keys.end())
    throw base::Failure(base::Errc::prerequisite,
                        strcat("table ", table.quoted, " has no unique key on ", base::join(key, ", "), " any more"));
  for (const std::string& name : key)
    equals.push_back(
        unique->equals[static_cast<std::size_t>(std::ranges::find(unique->columns, name) - unique->columns.begin())]);
  return equals;
}

}  // namespace

LocalRowPlan make_local_row_plan(const pg::Table& table, const std::vector<std::string>& key,
                                 std::vector<std::string> columns, bool record) {
  LocalRowPlan plan{
      .key = key, .columns = std::move(columns), .staged = {}, .record = record, .same_row = {}, .read = {}};
  const std::vector<std::string> equals = key_equality(table, key);
  std::vector<std::string> same, list{"p.n"};
  for (std::size_t i = 0; i < key.size(); ++i) {
    const pg::TableColumn& column = column_of(table, key[i]);
    plan.staged.push_back({strcat("k", i + 1), column.type, column.typmod, column.collation});
    same.push_back(strcat("t.", pg::quote_identifier(key[i]), " ", equals[i], " p.k", i + 1));
  }
  plan.staged.push_back({"n", pg::kInt4Type, -1, pg::kInvalidOid});
  plan.same_row = base::join(same, " AND ");
  for (const std::string& name : plan.columns) {
    const pg::TableColumn& column = column_of(table, name);
    const bool money = column.conversion.name == "money";  // lc_monetary decides how that is printed
    list.push_back(strcat("t.", pg::quote_identifier(column.name), money ? "::pg_catalog.numeric" : ""));
  }
  if (record) list.emplace_back("pg_catalog.to_jsonb(t.*)");
  plan.read =
      strcat("SELECT ", base::join(list, ", "), " FROM ", kPage, " p JOIN ", table.quoted, " t ON ", plan.same_row);
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
  const pg::Rows rows = sql.run_as_texts(plan.read);
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
  const pg::Rows rows = sql.run_as_texts(strcat("SELECT ", list, " FROM ", table.quoted,
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
