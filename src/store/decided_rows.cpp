#include "store/decided_rows.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"

namespace tandem::store {

using base::strcat;

namespace {

std::vector<std::string> names_of(const std::string& object) {
  const base::Json json = base::Json::parse(object).value();
  std::vector<std::string> names;
  for (const auto& [name, value] : json.members()) names.push_back(name);
  return names;
}

// Of a row v that jsonb_populate_record has made of `parameter`: a text for a column of JSON is the JSON, not a string.
std::string value_of(const pg::Table& table, const std::string& name, std::string_view parameter) {
  const pg::TableColumn* column = table.column(name);
  const bool json = column != nullptr && column->conversion.type_class == base::TypeClass::json;
  if (!json) return strcat("v.", pg::quote_identifier(name));
  return strcat("CAST(", parameter, "::pg_catalog.jsonb OPERATOR(pg_catalog.->>) ", pg::quote_literal(name),
                " AS pg_catalog.jsonb)");
}

std::string rows_of(const pg::Table& table, std::string_view parameter, std::string_view alias) {
  return strcat("(SELECT (pg_catalog.jsonb_populate_record(NULL::", table.quoted, ", ", parameter,
                "::pg_catalog.jsonb)).*) ", alias);
}

// Of t and k, by the operators of a unique index.
std::string same_row(const pg::Table& table, const std::string& key) {
  std::vector<std::string> terms;
  for (const std::string& name : names_of(key))
    for (const pg::UniqueKey& unique : table.unique_keys)
      if (const auto at = std::ranges::find(unique.columns, name); at != unique.columns.end()) {
        const std::string& equals = unique.equals[static_cast<std::size_t>(at - unique.columns.begin())];
        terms.push_back(strcat("t.", pg::quote_identifier(name), " ", equals, " k.", pg::quote_identifier(name)));
        break;
      }
  return base::join(terms, " AND ");
}

}  // namespace

std::vector<bool> rows_there(pg::Sql& sql, const pg::Table& table, const std::vector<std::string>& keys) {
  std::vector<bool> there(keys.size());
  const std::string same = keys.empty() ? std::string() : same_row(table, keys.front());
  if (same.empty()) return there;
  const pg::Rows rows = sql.run(strcat("SELECT x.place FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY x "
                                       "(key, place) CROSS JOIN LATERAL "
                                       "pg_catalog.jsonb_populate_record(NULL::",
                                       table.quoted, ", x.key::pg_catalog.jsonb) k WHERE EXISTS (SELECT FROM ",
                                       table.quoted, " t WHERE ", same, ")"),
                                {keys});
  for (std::size_t i = 0; i < rows.size(); ++i) there[static_cast<std::size_t>(rows.integer(i, 0) - 1)] = true;
  return there;
}

bool update_decided(pg::Sql& sql, const pg::Table& table, const std::string& key, const std::string& values) {
  std::vector<std::string> assignments;
  for (const std::string& name : names_of(values))
    assignments.push_back(strcat(pg::quote_identifier(name), " = ", value_of(table, name, "$1")));
  return sql.run(strcat("UPDATE ", table.quoted, " t SET ", base::join(assignments, ", "), " FROM ",
                        rows_of(table, "$1", "v"), ", ", rows_of(table, "$2", "k"), " WHERE ", same_row(table, key)),
                 {values, key})
             .processed() > 0;
}

void delete_decided(pg::Sql& sql, const pg::Table& table, const core::Mapping& mapping, const std::string& key) {
  if (mapping.delete_mode == core::DeleteMode::hard) {
    sql.run(
        strcat("DELETE FROM ", table.quoted, " t USING ", rows_of(table, "$1", "k"), " WHERE ", same_row(table, key)),
        {key});
  } else if (mapping.delete_mode == core::DeleteMode::soft) {
    base::Json values = base::Json::object();
    for (const core::SoftColumn& soft : mapping.soft_columns)
      values.set(soft.column, soft.now ? base::Json("now") : soft.deleted);
    (void)update_decided(sql, table, key, values.dump());
  }
}

std::string insert_decided(pg::Sql& sql, const pg::Table& table, const std::string& values,
                           const std::vector<std::string>& row_key) {
  std::vector<std::string> columns, list, pairs;
  for (const std::string& name : names_of(values)) {
    columns.push_back(pg::quote_identifier(name));
    list.push_back(value_of(table, name, "$1"));
  }
  for (const std::string& name : row_key)
    pairs.push_back(strcat(pg::quote_literal(name), ", t.", pg::quote_identifier(name), "::pg_catalog.text"));
  return sql
      .run(strcat("INSERT INTO ", table.quoted, " AS t (", base::join(columns, ", "), ") SELECT ",
                  base::join(list, ", "), " FROM ", rows_of(table, "$1", "v"),
                  " RETURNING pg_catalog.jsonb_build_object(", base::join(pairs, ", "), ")::pg_catalog.text"),
           {values})
      .text(0, 0);
}

}  // namespace tandem::store
