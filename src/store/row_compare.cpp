#include "store/row_compare.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "base/strings.hpp"
#include "pg/transaction.hpp"
#include "store/database_fault.hpp"

namespace tandem::store {

using base::strcat;

namespace {

constexpr std::string_view kBlockPlace = "$BLOCKS$";  // in statements over a part of the table

// As people read it, and not endlessly long; null stays null.
std::string shown_value(std::string_view expression) {
  return strcat("CASE WHEN ", expression, " IS NOT NULL THEN pg_catalog.\"left\"(pg_catalog.format('%s', ", expression,
                "), 1000) END");
}

std::string differs(std::string_view a, std::string_view b) {
  return strcat("(ROW(", a, ")::record OPERATOR(pg_catalog.*<>) ROW(", b, ")::record)");
}

// Of the key columns, taken from the table or from the page.
struct KeyParts {
  std::string json;  // {"id": "7"}
  std::string hash;
};

KeyParts key_parts(const WritePlan& write, const std::vector<std::string>& expressions) {
  std::vector<std::string> members, formats;
  for (std::size_t k = 0; k < expressions.size(); ++k) {
    members.push_back(strcat(pg::quote_literal(write.columns[write.key_columns[k]]),
                             "::pg_catalog.text, pg_catalog.format('%s', ", expressions[k], ")"));
    formats.emplace_back("%L");
  }
  return {strcat("pg_catalog.jsonb_build_object(", base::join(members, ", "), ")::pg_catalog.text"),
          strcat("pg_catalog.hashtextextended(pg_catalog.format('", base::join(formats, ","), "', ",
                 base::join(expressions, ", "), ") COLLATE pg_catalog.\"C\", 0)")};
}

std::string text_of(const base::Json& value) { return value.is_string() ? value.string() : value.dump(); }

// Rows of other mappings in the same table are none of ours: stamps in the key say whose they are.
std::string ours_only(const WritePlan& write, const core::Mapping& mapping, std::vector<std::string>& values) {
  std::string condition;
  for (const std::size_t column : write.key_columns) {
    const core::ColumnMapping& mapped = mapping.columns[column];
    if (mapped.stamp == core::Stamp::none || !mapped.constant) continue;
    values.push_back(text_of(*mapped.constant));
    condition += strcat(" AND pg_catalog.format('%s', t.", pg::quote_identifier(write.columns[column]),
                        ") OPERATOR(pg_catalog.=) $", values.size());
  }
  return condition;
}

// Nor are rows that say themselves that their record is gone.
std::string not_deleted(const core::Mapping& mapping, std::vector<std::string>& values) {
  std::vector<std::string> alive;
  for (const core::SoftColumn& soft : mapping.soft_columns) {
    const std::string name = strcat("t.", pg::quote_identifier(soft.column));
    if (soft.now || soft.deleted.is_null()) {
      alive.push_back(strcat(name, soft.now ? " IS NULL" : " IS NOT NULL"));
      continue;
    }
    values.push_back(text_of(soft.deleted));
    alive.push_back(strcat("coalesce(", name, "::pg_catalog.text OPERATOR(pg_catalog.<>) $", values.size(), ", true)"));
  }
  return alive.empty() ? std::string() : strcat(" AND (", base::join(alive, " OR "), ")");
}

std::vector<pg::Param> parameters_of(const ComparePlan& plan) {
  return {plan.parameters.begin(), plan.parameters.end()};
}

std::string with_blocks(std::string_view statement, std::int64_t first, std::int64_t end) {
  const std::size_t at = statement.find(kBlockPlace);
  return strcat(statement.substr(0, at), "t.ctid OPERATOR(pg_catalog.>=) '(", first,
                ",0)'::pg_catalog.tid AND t.ctid OPERATOR(pg_catalog.<) '(", end, ",0)'::pg_catalog.tid",
                statement.substr(at + kBlockPlace.size()));
}

Difference unusable(const pg::Error& error, std::size_t row) {
  return {.kind = Difference::Kind::unusable,
          .row = row,
          .origin_id = {},
          .local_key = {},
          .column = std::string(error.column()),
          .local = {},
          .remote = {},
          .message = std::string(error.message())};
}

void ask(pg::Sql& sql, const ComparePlan& plan, Comparison& out) {
  if (!plan.absent.empty()) {
    const pg::Rows rows = sql.run_by_index(plan.absent);
    for (std::size_t i = 0; i < rows.size(); ++i)
      out.differences.push_back({.kind = Difference::Kind::missing_here,
                                 .row = static_cast<std::size_t>(rows.integer(i, 0)),
                                 .origin_id = {},
                                 .local_key = rows.text_or_null(i, 1),
                                 .column = {},
                                 .local = {},
                                 .remote = {},
                                 .message = {}});
  }
  if (!plan.differences.empty()) {
    const pg::Rows rows = sql.run_by_index(plan.differences);
    for (std::size_t i = 0; i < rows.size(); ++i)
      out.differences.push_back({.kind = Difference::Kind::differs,
                                 .row = static_cast<std::size_t>(rows.integer(i, 0)),
                                 .origin_id = {},
                                 .local_key = rows.text_or_null(i, 1),
                                 .column = rows.text(i, 2),
                                 .local = rows.text_or_null(i, 3),
                                 .remote = rows.text_or_null(i, 4),
                                 .message = {}});
  }
  const std::vector<std::int64_t> shown = sql.run_by_index(plan.shown).integers(0);
  out.shown.insert(out.shown.end(), shown.begin(), shown.end());
}

void stand(pg::Sql& sql, const WritePlan& write, const ComparePlan& plan, const Batch& batch,
           std::span<const std::size_t> rows, std::vector<Standing>& out) {
  if (rows.empty()) return;
  try {
    pg::Savepoint savepoint(sql);
    pg::Rows found = [&] {
      pg::StagedPage page(sql, kStagedPage, write.staged);
      stage_rows(page, batch, rows);
      return sql.run_by_index(plan.standing);
    }();
    savepoint.release();
    for (std::size_t i = 0; i < found.size(); ++i)
      out[static_cast<std::size_t>(found.integer(i, 0))] = {found.boolean(i, 1), found.boolean(i, 2), found.text(i, 3)};
    return;
  } catch (const pg::Error& error) {
    if (!of_a_row(error)) throw;
  }
  if (rows.size() == 1) return;
  stand(sql, write, plan, batch, rows.first(rows.size() / 2), out);
  stand(sql, write, plan, batch, rows.subspan(rows.size() / 2), out);
}

}  // namespace

ComparePlan make_compare_plan(const WritePlan& write, const core::Mapping& mapping) {
  std::vector<std::string> of_table, of_page;
  for (const std::size_t column : write.key_columns) {
    of_table.push_back(strcat("t.", pg::quote_identifier(write.columns[column])));
    of_page.push_back(strcat("p.", staged_name(column)));
  }
  const KeyParts table = key_parts(write, of_table), page = key_parts(write, of_page);
  const std::string same = write.same_key("t", "p");
  std::vector<std::string> columns, any;
  for (const ComparedColumn& column : write.compared) {
    columns.push_back(strcat("(", pg::quote_literal(column.name), "::pg_catalog.text, ", shown_value(column.local),
                             ", ", shown_value(column.remote), ", ", differs(column.local, column.remote), ")"));
  }
  ComparePlan plan;
  if (mapping.write_mode != core::WriteMode::update)
    plan.absent = strcat("SELECT p.n, ", page.json, " FROM ", kStagedPage, " p WHERE NOT EXISTS (SELECT FROM ",
                         write.table.quoted, " t WHERE ", same, ")");
  if (mapping.write_mode != core::WriteMode::insert && !columns.empty())
    plan.differences = strcat("SELECT p.n, ", page.json, ", d.name, d.local, d.remote FROM ", kStagedPage, " p JOIN ",
                              write.table.quoted, " t ON ", same, " CROSS JOIN LATERAL (VALUES ",
                              base::join(columns, ", "), ") AS d (name, local, remote, differs) WHERE d.differs");
  std::vector<std::string> local, remote;
  for (const ComparedColumn& column : write.compared) {
    local.push_back(column.local);
    remote.push_back(column.remote);
  }
  const std::string there = strcat("EXISTS (SELECT FROM ", write.table.quoted, " t WHERE ", same);
  plan.standing =
      strcat("SELECT p.n, NOT ", there, "), ", there, " AND ",
             local.empty() ? std::string("false") : differs(base::join(local, ", "), base::join(remote, ", ")), "), ",
             page.json, " FROM ", kStagedPage, " p");
  plan.shown = strcat("SELECT ", table.hash, " FROM ", kStagedPage, " p JOIN ", write.table.quoted, " t ON ", same);
  const std::string ours = ours_only(write, mapping, plan.parameters);
  plan.stamped = !ours.empty();
  const std::string part =
      strcat(" FROM ", write.table.quoted, " t WHERE ", kBlockPlace, ours, not_deleted(mapping, plan.parameters));
  plan.rows_between = strcat("SELECT ", table.hash, part);
  plan.keys_between = strcat("SELECT ", table.json, part, " AND ", table.hash, " OPERATOR(pg_catalog.=) ANY ($",
                             plan.parameters.size() + 1, ")");
  plan.blocks = strcat(
      "SELECT pg_catalog.max(pg_catalog.pg_relation_size(c.part)) / "
      "pg_catalog.current_setting('block_size')::pg_catalog.int8 + 1"
      " FROM (SELECT relid AS part FROM pg_catalog.pg_partition_tree(",
      pg::quote_literal(write.table.quoted), "::pg_catalog.regclass) UNION ALL SELECT ",
      pg::quote_literal(write.table.quoted),
      "::pg_catalog.regclass UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = ",
      pg::quote_literal(write.table.quoted), "::pg_catalog.regclass) c");
  return plan;
}

void compare_rows(pg::Sql& sql, const WritePlan& write, const ComparePlan& plan, const Batch& batch,
                  const std::vector<std::size_t>& rows, Comparison& out) {
  if (rows.empty()) return;
  const std::size_t differences = out.differences.size(), shown = out.shown.size();
  try {
    pg::Savepoint savepoint(sql);
    {
      pg::StagedPage page(sql, kStagedPage, write.staged);
      stage_rows(page, batch, rows);
      ask(sql, plan, out);
    }
    savepoint.release();
    return;
  } catch (const pg::Error& error) {
    if (!of_a_row(error)) throw;
    out.differences.resize(differences);
    out.shown.resize(shown);
    if (rows.size() == 1) {
      out.differences.push_back(unusable(error, rows.front()));
      return;
    }
  }
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
  compare_rows(sql, write, plan, batch, {rows.begin(), middle}, out);
  compare_rows(sql, write, plan, batch, {middle, rows.end()}, out);
}

void compare_children(pg::Sql& sql, const WritePlan& write, const Batch& batch, const ChildBatch& children,
                      const std::vector<std::size_t>& rows, Comparison& out) {
  if (rows.empty()) return;
  const std::size_t differences = out.differences.size();
  try {
    pg::Savepoint savepoint(sql);
    {
      pg::StagedPage page(sql, kStagedPage, write.staged);
      stage_rows(page, batch, rows);
      for (std::size_t i = 0; i < children.tables.size(); ++i)
        for (const std::size_t row : differing_children(sql, children, i, rows))
          out.differences.push_back({.kind = Difference::Kind::differs,
                                     .row = row,
                                     .origin_id = {},
                                     .local_key = {},
                                     .column = children.tables[i].plan->name,
                                     .local = {},
                                     .remote = {},
                                     .message = {}});
    }
    savepoint.release();
    return;
  } catch (const pg::Error& error) {
    if (!of_a_row(error)) throw;
    out.differences.resize(differences);
    if (rows.size() == 1) {
      const auto told = [&](const Difference& found) {
        return found.row == rows.front() && found.kind == Difference::Kind::unusable;
      };
      if (std::ranges::none_of(out.differences, told)) out.differences.push_back(unusable(error, rows.front()));
      return;
    }
  }
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
  compare_children(sql, write, batch, children, {rows.begin(), middle}, out);
  compare_children(sql, write, batch, children, {middle, rows.end()}, out);
}

std::vector<Standing> standing_of(pg::Sql& sql, const WritePlan& write, const ComparePlan& plan, const Batch& batch,
                                  std::size_t rows) {
  std::vector<Standing> out(rows);
  std::vector<std::size_t> all(rows);
  std::iota(all.begin(), all.end(), std::size_t{0});
  stand(sql, write, plan, batch, all, out);
  return out;
}

std::int64_t table_blocks(pg::Sql& sql, const ComparePlan& plan) { return sql.run(plan.blocks).integer(0, 0); }

std::vector<std::int64_t> hashes_between(pg::Sql& sql, const ComparePlan& plan, std::int64_t first, std::int64_t end) {
  return sql.run(with_blocks(plan.rows_between, first, end), parameters_of(plan)).integers(0);
}

std::vector<std::string> keys_between(pg::Sql& sql, const ComparePlan& plan, std::int64_t first, std::int64_t end,
                                      const std::vector<std::int64_t>& hashes) {
  std::vector<pg::Param> parameters = parameters_of(plan);
  parameters.emplace_back(hashes);
  return sql.run(with_blocks(plan.keys_between, first, end), parameters).texts(0);
}

}  // namespace tandem::store
