#include "store/write_plan.hpp"

#include <algorithm>
#include <cstddef>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/type_oids.hpp"

namespace tandem::store {

using base::strcat;

namespace {

std::string keep_name(std::size_t i) { return strcat("k", i + 1); }

std::size_t position(const std::vector<std::string>& columns, const std::string& column) {
  return static_cast<std::size_t>(std::ranges::find(columns, column) - columns.begin());
}

// Unless somebody may tell the order in which rows came: columns that are numbered, triggers that count.
bool order_is_free(const WritePlan& plan) {
  return !plan.table.row_triggers && std::ranges::none_of(plan.table.columns, [&](const pg::TableColumn& column) {
    return column.numbered && position(plan.columns, column.name) == plan.columns.size();
  });
}

}  // namespace

ColumnLists column_lists(const core::Mapping& mapping, const std::vector<std::string>& key) {
  std::vector<std::string> names, staged, assignments, old_values, new_values;
  std::vector<ComparedColumn> compared;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const std::string name = pg::quote_identifier(mapping.columns[i].column);
    names.push_back(name);
    staged.push_back(staged_name(i));
    if (std::find(key.begin(), key.end(), mapping.columns[i].column) != key.end()) continue;
    const core::ColumnUse use = mapping.columns[i].use;
    if (use == core::ColumnUse::on_insert) continue;
    // A field that the record does not have may leave the row as it is.
    const std::string value =
        mapping.columns[i].absent == core::Absent::keep
            ? strcat("CASE WHEN p.", keep_name(i), " THEN t.", name, " ELSE p.", staged.back(), " END")
            : strcat("p.", staged.back());
    assignments.push_back(strcat(name, " = ", value));
    if (use == core::ColumnUse::on_write) continue;
    old_values.push_back(strcat("t.", name));
    new_values.push_back(value);
    compared.push_back({mapping.columns[i].column, old_values.back(), new_values.back()});
  }
  return {base::join(names, ", "),      base::join(staged, ", "),     base::join(assignments, ", "),
          base::join(old_values, ", "), base::join(new_values, ", "), std::move(compared)};
}

void stage_columns(const pg::Table& table, const core::Mapping& mapping, std::vector<pg::StagedColumn>& staged,
                   std::vector<std::string>& columns) {
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const pg::TableColumn* column = table.column(mapping.columns[i].column);
    if (column == nullptr)
      throw base::Failure(base::Errc::undefined_column,
                          strcat("column ", mapping.columns[i].column, " of ", table.quoted, " is not there any more"));
    staged.push_back({staged_name(i), column->type, column->typmod, column->collation});
    columns.push_back(column->name);
  }
  for (std::size_t i = 0; i < mapping.columns.size(); ++i)
    if (mapping.columns[i].absent == core::Absent::keep)
      staged.push_back({keep_name(i), pg::kBoolType, -1, pg::kInvalidOid});
}

std::string staged_name(std::size_t column) { return strcat("c", column + 1); }

std::string WritePlan::same_key(std::string_view table_alias, std::string_view page_alias) const {
  std::vector<std::string> terms;
  for (std::size_t k = 0; k < key_columns.size(); ++k)
    terms.push_back(strcat(table_alias, ".", pg::quote_identifier(columns[key_columns[k]]), " ", key_equals[k], " ",
                           page_alias, ".", staged_name(key_columns[k])));
  return base::join(terms, " AND ");
}

const pg::UniqueKey& unique_key(const pg::Table& table, const std::vector<std::string>& columns) {
  for (const pg::UniqueKey& key : table.unique_keys) {
    bool same = key.columns.size() == columns.size();
    for (const std::string& column : columns)
      same = same && std::find(key.columns.begin(), key.columns.end(), column) != key.columns.end();
    if (same) return key;
  }
  throw base::Failure(base::Errc::prerequisite,
                      strcat("table ", table.quoted, " has no unique index on (", base::join(columns, ", "), ")"), {},
                      strcat("CREATE UNIQUE INDEX ON ", table.quoted, " (", base::join(columns, ", "), ");"));
}

WritePlan make_write_plan(const pg::Table& table, const core::Mapping& mapping,
                          const std::vector<std::string>& match_columns) {
  WritePlan plan;
  plan.table = table;
  stage_columns(table, mapping, plan.staged, plan.columns);
  plan.staged.push_back({"n", pg::kInt4Type, -1, pg::kInvalidOid});
  plan.keyed = mapping.write_mode != core::WriteMode::append;
  const ColumnLists lists = column_lists(mapping, match_columns);
  plan.is_empty = strcat("SELECT NOT EXISTS (SELECT FROM ", table.quoted, ")");
  plan.insert_all =
      strcat("INSERT INTO ", table.quoted, " (", lists.names, ") SELECT ", lists.staged, " FROM ", kStagedPage);
  if (!plan.keyed) return plan;

  const pg::UniqueKey& key = unique_key(table, match_columns);
  for (const std::string& column : key.columns) plan.key_columns.push_back(position(plan.columns, column));
  plan.key_equals = key.equals;
  plan.compared = lists.compared;
  plan.in_key_order = order_is_free(plan);
  const std::string condition = plan.same_key("t", "p");
  std::vector<std::string> quoted_key;
  for (const std::string& column : match_columns) quoted_key.push_back(pg::quote_identifier(column));
  const std::string absent = strcat("NOT EXISTS (SELECT FROM ", table.quoted, " t WHERE ", condition, ")");
  const std::string differs =
      strcat("ROW(", lists.old_values, ")::record OPERATOR(pg_catalog.*<>) ROW(", lists.new_values, ")::record");
  plan.kept_out = lists.old_values.empty() ? strcat("SELECT n FROM ", kStagedPage, " p WHERE ", absent)
                                           : strcat("SELECT n FROM ", kStagedPage, " p WHERE NOT EXISTS (SELECT FROM ",
                                                    table.quoted, " t WHERE ", condition, " AND NOT ", differs, ")");
  plan.to_be_written = mapping.write_mode == core::WriteMode::upsert ? plan.kept_out
                       : mapping.write_mode == core::WriteMode::insert
                           ? strcat("SELECT n FROM ", kStagedPage, " p WHERE ", absent)
                           : strcat("SELECT n FROM ", kStagedPage, " p WHERE EXISTS (SELECT FROM ", table.quoted,
                                    " t WHERE ", condition, " AND ", differs, ")");
  plan.leaves_existing = mapping.write_mode == core::WriteMode::insert;
  if (mapping.write_mode != core::WriteMode::update) {
    const std::string on_conflict = strcat(" ON CONFLICT (", base::join(quoted_key, ", "), ") DO NOTHING");
    plan.insert_new = strcat(plan.insert_all, " p WHERE ", absent, on_conflict);
    plan.insert_absent = strcat(plan.insert_all, on_conflict);
  }
  const bool updates = mapping.write_mode != core::WriteMode::insert && !lists.old_values.empty();
  // A row that is there has a ctid, whatever its columns hold.
  plan.look = strcat("SELECT p.n, t.ctid IS NOT NULL FROM ", kStagedPage, " p LEFT JOIN ", table.quoted, " t ON ",
                     condition, " WHERE t.ctid IS NULL", updates ? strcat(" OR ", differs) : std::string());
  if (updates)
    plan.update_changed = strcat("UPDATE ", table.quoted, " t SET ", lists.assignments, " FROM ", kStagedPage,
                                 " p WHERE ", condition, " AND ", differs);
  return plan;
}

bool table_is_empty(pg::Sql& sql, const WritePlan& plan) {
  return pg::has_no_pages(plan.table.oid) || sql.run(plan.is_empty).boolean(0, 0);
}

}  // namespace tandem::store
