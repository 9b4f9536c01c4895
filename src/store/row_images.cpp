#include "store/row_images.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "pg/staging.hpp"

namespace tandem::store {

using base::strcat;

namespace {

base::Cell number_cell(std::size_t n) {
  base::Cell cell;
  cell.form = base::Cell::Form::integer;
  cell.integer = static_cast<std::int64_t>(n);
  return cell;
}

std::string locked_rows(const WritePlan& plan, const std::vector<std::string>& row_key, std::string_view page,
                        const std::string& same_key) {
  std::vector<std::string> list{"p.n"};
  for (const std::string& column : plan.columns) list.push_back(strcat("t.", pg::quote_identifier(column)));
  for (const std::string& column : row_key) list.push_back(strcat("t.", pg::quote_identifier(column)));
  return strcat("SELECT ", base::join(list, ", "), " FROM ", page, " p JOIN ", plan.table.quoted, " t ON ", same_key,
                " FOR NO KEY UPDATE OF t");
}

std::string page_rows(const WritePlan& plan) {
  std::vector<std::string> list{"p.n"};
  for (std::size_t i = 0; i < plan.columns.size(); ++i) list.push_back(strcat("p.", staged_name(i)));
  return strcat("SELECT ", base::join(list, ", "), " FROM ", kStagedPage, " p");
}

std::string key_of(const std::vector<std::string>& row_key, const pg::Rows& rows, std::size_t row, std::size_t from) {
  base::Json key = base::Json::object();
  for (std::size_t i = 0; i < row_key.size(); ++i) key.set(row_key[i], base::Json(rows.text(row, from + i)));
  return key.dump();
}

void read_local(pg::Sql& sql, const std::string& statement, std::size_t columns,
                const std::vector<std::string>& row_key, std::vector<RowImages>& images) {
  const pg::Rows local = sql.run_as_texts(statement);
  for (std::size_t i = 0; i < local.size(); ++i) {
    RowImages& image = images[std::stoul(local.text(i, 0))];
    image.local.emplace();
    for (std::size_t c = 0; c < columns; ++c) image.local->push_back(local.text_or_null(i, c + 1));
    image.key = key_of(row_key, local, i, columns + 1);
  }
}

}  // namespace

std::vector<RowImages> read_images(pg::Sql& sql, const WritePlan& plan, const std::vector<std::string>& row_key,
                                   std::span<const base::Cell> cells, std::size_t rows) {
  std::vector<RowImages> images(rows);
  if (rows == 0) return images;
  const std::size_t width = plan.staged.size() - 1, columns = plan.columns.size();
  pg::StagedPage page(sql, kStagedPage, plan.staged);
  std::vector<base::Cell> staged;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = cells.subspan(i * width, width);
    staged.insert(staged.end(), row.begin(), row.end());
    staged.push_back(number_cell(i));
  }
  page.append(staged);
  page.ready();
  const pg::Rows remote = sql.run_as_texts(page_rows(plan));
  for (std::size_t i = 0; i < remote.size(); ++i)
    for (std::size_t c = 0; c < columns; ++c)
      images[std::stoul(remote.text(i, 0))].remote.push_back(remote.text_or_null(i, c + 1));
  read_local(sql, locked_rows(plan, row_key, kStagedPage, plan.same_key("t", "p")), columns, row_key, images);
  return images;
}

std::vector<RowImages> read_rows(pg::Sql& sql, const DeletePlan& plan, const WritePlan& write,
                                 const std::vector<std::string>& row_key, std::span<const base::Cell> keys,
                                 std::size_t rows) {
  std::vector<RowImages> images(rows);
  if (rows == 0) return images;
  pg::StagedPage page(sql, kGone, plan.staged);
  stage_keys(page, plan, keys, 0, rows);
  read_local(sql, locked_rows(write, row_key, kGone, plan.same_key), write.columns.size(), row_key, images);
  return images;
}

bool alters_rows(pg::Sql& sql, pg::Oid table) {
  return sql
      .engine(R"(
    SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger g
                    WHERE NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND g.tgtype & 3 = 3 AND g.tgtype & 20 <> 0
                      AND g.tgrelid IN (SELECT $1::oid UNION ALL SELECT p.relid FROM pg_catalog.pg_partition_tree($1::oid) p)))",
              {static_cast<std::int64_t>(table)})
      .boolean(0, 0);
}

}  // namespace tandem::store
