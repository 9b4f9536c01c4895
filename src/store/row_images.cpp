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

std::string locked_rows(const WritePlan& plan, const std::vector<std::string>& row_key) {
  std::vector<std::string> list{"p.n"};
  for (const std::string& column : plan.columns) list.push_back(strcat("t.", pg::quote_identifier(column)));
  for (const std::string& column : row_key) list.push_back(strcat("t.", pg::quote_identifier(column)));
  return strcat("SELECT ", base::join(list, ", "), " FROM ", kStagedPage, " p JOIN ", plan.table.quoted, " t ON ",
                plan.same_key("t", "p"), " FOR NO KEY UPDATE OF t");
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
  const pg::Rows local = sql.run_as_texts(locked_rows(plan, row_key));
  for (std::size_t i = 0; i < local.size(); ++i) {
    RowImages& image = images[std::stoul(local.text(i, 0))];
    image.local.emplace();
    for (std::size_t c = 0; c < columns; ++c) image.local->push_back(local.text_or_null(i, c + 1));
    image.key = key_of(row_key, local, i, columns + 1);
  }
  return images;
}

}  // namespace tandem::store
