#include "store/scan_rows.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/strings.hpp"
#include "store/outbox_items.hpp"

namespace tandem::store {

using base::strcat;

namespace {

constexpr std::int64_t kRowsAtOnce = 2000;

const pg::TableColumn& column_at(const pg::Table& table, int attnum) {
  return *std::ranges::find(table.columns, attnum, &pg::TableColumn::attnum);
}

std::string scan_statement(const pg::Table& table, const core::CaptureKey& key, const std::vector<std::string>& after) {
  std::vector<std::string> names, values, asked, conditions;
  for (std::size_t i = 0; i < key.row.size(); ++i) {
    names.push_back(strcat("t.", pg::quote_identifier(key.row[i].name)));
    if (!after.empty())
      values.push_back(strcat(pg::quote_literal(after[i]), "::", column_at(table, key.row[i].attnum).conversion.name));
  }
  asked = names;
  for (const core::CaptureKey::Column& other : key.others)
    asked.push_back(strcat("t.", pg::quote_identifier(other.name)));
  const std::string order = base::join(names, ", ");
  if (!after.empty()) conditions.push_back(strcat("ROW(", order, ") > ROW(", base::join(values, ", "), ")"));
  for (const auto& [attnum, value] : key.only_where)
    conditions.push_back(
        strcat("t.", pg::quote_identifier(column_at(table, attnum).name), "::text = ", pg::quote_literal(value)));
  return strcat("SELECT ", base::join(asked, ", "), " FROM ", table.quoted, " t",
                conditions.empty() ? "" : strcat(" WHERE ", base::join(conditions, " AND ")), " ORDER BY ", order,
                " LIMIT ", kRowsAtOnce);
}

base::Json object_of(const std::vector<core::CaptureKey::Column>& columns, const pg::Rows& rows, std::size_t row,
                     std::size_t from) {
  base::Json json = base::Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto text = rows.text_or_null(row, from + i);
    json.set(columns[i].name, text ? base::Json(*text) : base::Json());
  }
  return json;
}

}  // namespace

ScannedRows scan_rows(pg::Sql& sql, const pg::Table& table, const core::CaptureKey& key, const base::Json& position) {
  std::vector<std::string> after;
  if (const base::Json* at = position.find("after"); at != nullptr)
    for (const base::Json& value : at->items()) after.push_back(value.string());
  const pg::Rows rows = sql.run_as_texts(scan_statement(table, key, after));
  ScannedRows scanned;
  if (rows.empty()) return scanned;
  const std::int64_t version = next_version(sql);
  const base::Instant now = base::now();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const base::Json others = object_of(key.others, rows, i, key.row.size());
    scanned.rows.push_back({.key = object_of(key.row, rows, i, 0).dump(),
                            .was = key.others.empty() ? std::string() : others.dump(),
                            .op = 'u',
                            .version = version,
                            .seq = version,
                            .txid = "0",
                            .captured_at = now,
                            .changed_at = now});
  }
  if (static_cast<std::int64_t>(rows.size()) < kRowsAtOnce) return scanned;
  base::Json last = base::Json::array();
  for (std::size_t i = 0; i < key.row.size(); ++i) last.push(base::Json(rows.text(rows.size() - 1, i)));
  scanned.next = base::Json::object({{"after", std::move(last)}});
  return scanned;
}

}  // namespace tandem::store
