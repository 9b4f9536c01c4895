#include "store/apply.hpp"

#include <algorithm>
#include <optional>

#include "base/strings.hpp"
#include "core/failures.hpp"
#include "pg/error.hpp"
#include "pg/transaction.hpp"

namespace tandem::store {

using base::strcat;

namespace {

constexpr std::string_view kPage = "tandem_page";

std::string staged_name(std::size_t i) { return strcat("c", i + 1); }

// "t.id OPERATOR(pg_catalog.=) p.c1 AND …": never an operator that is looked up by name.
std::string key_condition(const core::Mapping& mapping, const pg::UniqueKey& key) {
  std::vector<std::string> terms;
  for (std::size_t k = 0; k < key.columns.size(); ++k)
    for (std::size_t i = 0; i < mapping.columns.size(); ++i)
      if (mapping.columns[i].column == key.columns[k]) {
        terms.push_back(strcat("t.", pg::quote_identifier(key.columns[k]), " ", key.equals[k], " p.", staged_name(i)));
        break;
      }
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

struct ColumnLists {
  std::string names, staged;           // "a", "b" and c1, c2
  std::string assignments;             // "b" = p.c2: without the key
  std::string old_values, new_values;  // t."b" and p.c2
};

ColumnLists column_lists(const core::Mapping& mapping, const std::vector<std::string>& key) {
  std::vector<std::string> names, staged, assignments, old_values, new_values;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const std::string name = pg::quote_identifier(mapping.columns[i].column);
    names.push_back(name);
    staged.push_back(staged_name(i));
    if (std::find(key.begin(), key.end(), mapping.columns[i].column) != key.end()) continue;
    assignments.push_back(strcat(name, " = p.", staged.back()));
    old_values.push_back(strcat("t.", name));
    new_values.push_back(strcat("p.", staged.back()));
  }
  return {base::join(names, ", "), base::join(staged, ", "), base::join(assignments, ", "),
          base::join(old_values, ", "), base::join(new_values, ", ")};
}

core::RowFault fault_of(const pg::Error& error, std::size_t row) {
  const core::DatabaseFault fault = core::fault_of_sqlstate(error.sqlstate());
  core::RowFault out{.record = row,
                     .error_type = fault.error_type,
                     .code = fault.code,
                     .field = {},
                     .column = std::string(error.column()),
                     .message = std::string(error.message()),
                     .suggestion = std::string(error.hint().empty() ? fault.suggestion : error.hint()),
                     .sqlstate = std::string(error.sqlstate()),
                     .retryable = true};
  return out;
}

// Deferred keys and triggers must fail here, where the row can still be found.
constexpr const char* kCheckNow = "SET CONSTRAINTS ALL IMMEDIATE";

}  // namespace

WritePlan make_write_plan(const pg::Table& table, const core::Mapping& mapping,
                          const std::vector<std::string>& match_columns) {
  WritePlan plan;
  plan.table = table;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const pg::TableColumn* column = table.column(mapping.columns[i].column);
    if (column == nullptr)
      throw base::Failure(base::Errc::undefined_column,
                          strcat("column ", mapping.columns[i].column, " of ", table.quoted, " is not there any more"));
    plan.staged.push_back({staged_name(i), column->type, column->typmod, column->collation});
  }
  plan.staged.push_back({"n", 23 /* int4 */, -1, pg::kInvalidOid});
  plan.keyed = mapping.write_mode != core::WriteMode::append;
  const ColumnLists lists = column_lists(mapping, match_columns);
  plan.is_empty = strcat("SELECT NOT EXISTS (SELECT FROM ", table.quoted, ")");
  plan.insert_all = strcat("INSERT INTO ", table.quoted, " (", lists.names, ") SELECT ", lists.staged, " FROM ", kPage);
  if (!plan.keyed) return plan;

  const std::string condition = key_condition(mapping, unique_key(table, match_columns));
  std::vector<std::string> quoted_key;
  for (const std::string& column : match_columns) quoted_key.push_back(pg::quote_identifier(column));
  const std::string absent = strcat("NOT EXISTS (SELECT FROM ", table.quoted, " t WHERE ", condition, ")");
  const std::string differs =
      strcat("ROW(", lists.old_values, ")::record OPERATOR(pg_catalog.*<>) ROW(", lists.new_values, ")::record");
  plan.kept_out = lists.assignments.empty() ? strcat("SELECT n FROM ", kPage, " p WHERE ", absent)
                                            : strcat("SELECT n FROM ", kPage, " p WHERE NOT EXISTS (SELECT FROM ",
                                                     table.quoted, " t WHERE ", condition, " AND NOT ", differs, ")");
  if (mapping.write_mode != core::WriteMode::update)
    plan.insert_new =
        strcat("INSERT INTO ", table.quoted, " (", lists.names, ") SELECT ", lists.staged, " FROM ", kPage, " p WHERE ",
               absent, " ON CONFLICT (", base::join(quoted_key, ", "), ") DO NOTHING");
  if (mapping.write_mode != core::WriteMode::insert && !lists.assignments.empty())
    plan.update_changed = strcat("UPDATE ", table.quoted, " t SET ", lists.assignments, " FROM ", kPage, " p WHERE ",
                                 condition, " AND ", differs);
  return plan;
}

bool table_is_empty(pg::Sql& sql, const WritePlan& plan) { return sql.run(plan.is_empty).boolean(0, 0); }

WriteResult RowWriter::write(std::span<const base::Cell> cells, std::size_t rows) {
  cells_ = cells;
  WriteResult result;
  if (rows > 0) write_range(0, rows, result);
  retry_orphans(result);
  return result;
}

// Halving may have parted children from parents of the same page: those that lacked a parent are tried again together,
// as long as that helps.
void RowWriter::retry_orphans(WriteResult& result) {
  const auto lacks_parent = [](const core::RowFault& fault) { return fault.sqlstate == "23503"; };
  std::vector<std::size_t> orphans;
  for (const core::RowFault& fault : result.faults)
    if (lacks_parent(fault)) orphans.push_back(fault.record);
  const std::size_t width = plan_.staged.size() - 1;
  while (orphans.size() > 0 && orphans.size() < result.faults.size() + result.created + result.updated) {
    std::vector<base::Cell> cells;
    for (const std::size_t row : orphans)
      cells.insert(cells.end(), cells_.begin() + static_cast<std::ptrdiff_t>(row * width),
                   cells_.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
    RowWriter again(sql_, plan_, first_load_);
    again.cells_ = cells;
    WriteResult second;
    again.write_range(0, orphans.size(), second);
    if (second.faults.size() == orphans.size()) return;
    std::erase_if(result.faults, lacks_parent);
    std::vector<std::size_t> left;
    for (core::RowFault& fault : second.faults) {
      fault.record = orphans[fault.record];
      if (lacks_parent(fault)) left.push_back(fault.record);
      result.faults.push_back(std::move(fault));
    }
    for (const std::size_t row : second.swallowed) result.swallowed.push_back(orphans[row]);
    result.created += second.created;
    result.updated += second.updated;
    result.unchanged += second.unchanged;
    orphans = std::move(left);
  }
}

// One savepoint for the whole range; when one row is to blame, halves, until it stands alone. The savepoint is
// gone (rolled back) before anything else is tried.
void RowWriter::write_range(std::size_t first, std::size_t count, WriteResult& result) {
  const WriteResult before = result;
  std::optional<core::RowFault> fault;
  try {
    pg::Savepoint savepoint(sql_);
    if (first_load_ || !plan_.keyed) {
      write_first_load(first, count, result);
    } else {
      write_keyed(first, count, result);
    }
    sql_.run(kCheckNow);
    savepoint.release();
    return;
  } catch (const pg::Error& error) {
    if (error.is_cancel() || !core::fault_of_sqlstate(error.sqlstate()).of_a_row) throw;
    if (count == 1) fault = fault_of(error, first);
  }
  result = before;
  if (first_load_) {  // somebody else's row, or one id twice in the listing: from now on by key
    first_load_ = false;
    write_range(first, count, result);
  } else if (fault) {
    result.faults.push_back(std::move(*fault));
  } else {
    write_range(first, count / 2, result);
    write_range(first + count / 2, count - count / 2, result);
  }
}

void RowWriter::write_first_load(std::size_t first, std::size_t count, WriteResult& result) {
  pg::StagedPage page(sql_, kPage, plan_.staged);
  stage(page, first, count);
  const std::uint64_t created = sql_.run(plan_.insert_all).processed();
  result.created += created;
  if (created == count) return;
  if (!plan_.keyed) {
    for (std::uint64_t i = created; i < count; ++i) result.swallowed.push_back(first);
    return;
  }
  note_kept_out(result);
}

// What a trigger or a policy did not let happen: it is not as the source has it, and must not be remembered as done.
std::uint64_t RowWriter::note_kept_out(WriteResult& result) {
  const pg::Rows rows = sql_.run_by_index(plan_.kept_out);
  for (std::size_t i = 0; i < rows.size(); ++i)
    result.swallowed.push_back(static_cast<std::size_t>(rows.integer(i, 0)));
  return rows.size();
}

void RowWriter::write_keyed(std::size_t first, std::size_t count, WriteResult& result) {
  pg::StagedPage page(sql_, kPage, plan_.staged);
  stage(page, first, count);
  std::uint64_t updated = update_changed();
  const std::uint64_t created = plan_.insert_new.empty() ? 0 : sql_.run_by_index(plan_.insert_new).processed();
  // A row that somebody inserted between our two statements was neither seen by the first nor inserted by the second.
  if (updated + created < count) updated = std::min<std::uint64_t>(updated + update_changed(), count - created);
  std::uint64_t kept_out = 0;
  const bool may_keep_out = plan_.table.row_triggers || plan_.table.row_security || plan_.insert_new.empty();
  if (updated + created < count && may_keep_out)
    kept_out = std::min<std::uint64_t>(note_kept_out(result), count - created - updated);
  result.updated += updated;
  result.created += created;
  result.unchanged += count - updated - created - kept_out;
}

std::uint64_t RowWriter::update_changed() {
  return plan_.update_changed.empty() ? 0 : sql_.run_by_index(plan_.update_changed).processed();
}

// In blocks, so that the copy with row numbers stays small.
void RowWriter::stage(pg::StagedPage& page, std::size_t first, std::size_t count) {
  constexpr std::size_t kBlock = 512;
  const std::size_t width = plan_.staged.size() - 1;  // without n
  std::vector<base::Cell> block;
  block.reserve(std::min(kBlock, count) * plan_.staged.size());
  for (std::size_t i = first; i < first + count; ++i) {
    const auto row = cells_.begin() + static_cast<std::ptrdiff_t>(i * width);
    block.insert(block.end(), row, row + static_cast<std::ptrdiff_t>(width));
    base::Cell& number = block.emplace_back();
    number.form = base::Cell::Form::integer;
    number.integer = static_cast<std::int64_t>(i);
    if (block.size() == kBlock * plan_.staged.size() || i + 1 == first + count) {
      page.append(block);
      block.clear();
    }
  }
  page.ready();
}

}  // namespace tandem::store
