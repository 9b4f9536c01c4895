#include "store/row_filters.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/strings.hpp"
#include "core/rows/failures.hpp"
#include "core/rows/row_dependencies.hpp"
#include "pg/error.hpp"
#include "pg/transaction.hpp"

namespace tandem::store {

using base::strcat;

namespace {

using Rows = std::span<const std::size_t>;

constexpr std::string_view kNumber = "\"tandem row\"";  // no column of a user's is called that

std::string columns_given(const std::vector<std::size_t>& columns) {
  std::vector<std::string> terms;
  for (const std::size_t column : columns) terms.push_back(strcat("p.", staged_name(column), " IS NOT NULL"));
  return base::join(terms, " AND ");
}

// "r.id OPERATOR(pg_catalog.=) p.c3 AND …"
std::string all_equal(std::string_view alias, const std::vector<std::string>& names,
                      const std::vector<std::string>& equals, const std::vector<std::size_t>& columns) {
  std::vector<std::string> terms;
  for (std::size_t i = 0; i < names.size(); ++i)
    terms.push_back(strcat(alias, ".", names[i], " ", equals[i], " p.", staged_name(columns[i])));
  return base::join(terms, " AND ");
}

std::string violates(const WritePlan& plan, const CheckFact& check) {
  std::vector<std::string> columns;
  for (const std::size_t column : check.columns)
    columns.push_back(strcat(staged_name(column), " AS ", pg::quote_identifier(plan.columns[column])));
  return strcat("SELECT ", kNumber, " FROM (SELECT n AS ", kNumber, ", ", base::join(columns, ", "), " FROM ",
                kStagedPage, ") AS ", pg::quote_identifier(plan.table.name), " WHERE NOT (", check.expression, ")");
}

std::string lacks_parent(const ReferenceFact& reference) {
  return strcat("SELECT p.n FROM ", kStagedPage, " p WHERE ", columns_given(reference.columns),
                " AND NOT EXISTS (SELECT FROM ", reference.referenced, " r WHERE ",
                all_equal("r", reference.referenced_names, reference.equals, reference.columns), ")");
}

std::string parent_in_page(const ReferenceFact& reference) {
  std::vector<std::string> names;
  for (const std::size_t column : reference.provided_by) names.push_back(staged_name(column));
  return strcat("SELECT p.n, q.n FROM ", kStagedPage, " p JOIN ", kStagedPage, " q ON ",
                all_equal("q", names, reference.equals, reference.columns));
}

// Of rows with one value the first, for every row of the page that is not the first.
std::string repeats(const UniqueFact& unique) {
  std::vector<std::string> columns;
  for (const std::size_t column : unique.columns) columns.push_back(strcat("p.", staged_name(column)));
  return strcat("SELECT n, first FROM (SELECT p.n, pg_catalog.first_value(p.n) OVER (PARTITION BY ",
                base::join(columns, ", "), " ORDER BY p.n) AS first FROM ", kStagedPage, " p WHERE ",
                columns_given(unique.columns), ") x WHERE n OPERATOR(pg_catalog.<>) first");
}

// Rows whose value another row of the table has; with it the row of the page that stands for that one, if any. The
// table is looked into by a subquery that stays one (OFFSET 0), the page is joined with itself by hash.
std::string taken(const WritePlan& plan, const UniqueFact& unique) {
  const std::string holder = all_equal("t", unique.names, unique.equals, unique.columns);
  if (!plan.keyed)
    return strcat("SELECT p.n, NULL::pg_catalog.int4 FROM ", kStagedPage, " p WHERE EXISTS (SELECT FROM ",
                  plan.table.quoted, " t WHERE ", holder, ")");
  std::vector<std::string> key;
  for (const std::size_t column : plan.key_columns)
    key.push_back(strcat("t.", pg::quote_identifier(plan.columns[column])));
  return strcat("SELECT p.n, q.n FROM ", kStagedPage, " p CROSS JOIN LATERAL (SELECT ", base::join(key, ", "), " FROM ",
                plan.table.quoted, " t WHERE ", holder, " AND (", plan.same_key("t", "p"),
                ") IS NOT TRUE OFFSET 0) h LEFT JOIN ", kStagedPage, " q ON ", plan.same_key("h", "q"));
}

std::string take_value_away(const WritePlan& plan, const UniqueFact& unique) {
  return strcat("UPDATE ", plan.table.quoted, " t SET ", unique.names[unique.may_be_null - 1], " = NULL FROM ",
                kStagedPage, " p WHERE ", plan.same_key("t", "p"));
}

class Filter {
 public:
  Filter(pg::Sql& sql, const WritePlan& plan, const Batch& batch, Rows rows)
      : sql_(sql), plan_(plan), batch_(batch), rows_(rows.begin(), rows.end()) {
    std::size_t last = 0;
    for (const std::size_t row : rows_) last = std::max(last, row + 1);
    bad_.resize(last);
  }

  Filtered run(bool first_load);

 private:
  using Pairs = std::vector<std::pair<std::size_t, std::optional<std::size_t>>>;
  enum class How { by_index, by_index_and_hash, as_printed };

  void keep_those_to_be_written();
  void check(const CheckFact& fact);
  void refer(const ReferenceFact& fact);
  void unique(const UniqueFact& fact);
  void refuse(std::size_t row, std::size_t reason);
  core::RowDependencies refuse_dependents();
  void depend_on_taken(const UniqueFact& fact, const Pairs& taken,
                       const std::unordered_map<std::size_t, std::size_t>& first_of, std::size_t reason);
  std::size_t reason(const char* sqlstate, std::string message);
  Filtered settle();
  std::optional<pg::Rows> ask(How how, const std::string& statement);
  std::optional<Pairs> pairs(How how, const std::string& statement);

  pg::Sql& sql_;
  const WritePlan& plan_;
  const Batch& batch_;
  std::vector<std::size_t> rows_;  // that a write would touch
  std::vector<std::size_t> untouched_;
  std::vector<bool> bad_;
  struct Reason {
    const char* sqlstate;
    std::string message;
    const UniqueFact* unique = nullptr;
  };
  std::vector<Reason> reasons_;
  std::vector<core::RowDependencies::Refused> refused_;
  std::vector<core::RowDependency> dependencies_;
  std::vector<std::size_t> gave_place_;  // rows in whose favour others with the same value were refused
};

Filtered Filter::run(bool first_load) {
  const Constraints constraints = read_constraints(sql_, plan_);
  if (!first_load && !plan_.to_be_written.empty()) keep_those_to_be_written();
  if (rows_.empty()) return settle();
  pg::StagedPage page(sql_, kStagedPage, plan_.staged);
  stage_rows(page, batch_, rows_);
  for (const CheckFact& fact : constraints.checks) check(fact);
  for (const ReferenceFact& fact : constraints.references) refer(fact);
  for (const UniqueFact& fact : constraints.unique) unique(fact);
  return settle();
}

void Filter::keep_those_to_be_written() {
  pg::StagedPage page(sql_, kStagedPage, plan_.staged);
  stage_rows(page, batch_, rows_);
  const auto found = ask(How::by_index, plan_.to_be_written);
  if (!found) return;
  std::vector<bool> written(bad_.size());
  for (std::size_t i = 0; i < found->size(); ++i) written[static_cast<std::size_t>(found->integer(i, 0))] = true;
  const auto middle = std::stable_partition(rows_.begin(), rows_.end(), [&](std::size_t row) { return written[row]; });
  untouched_.assign(middle, rows_.end());
  rows_.erase(middle, rows_.end());
}

void Filter::check(const CheckFact& fact) {
  const auto found = ask(How::as_printed, violates(plan_, fact));
  if (!found || found->empty()) return;
  const std::size_t why = reason(
      "23514", strcat("new row for relation \"", plan_.table.name, "\" violates check constraint \"", fact.name, "\""));
  for (std::size_t i = 0; i < found->size(); ++i) refuse(static_cast<std::size_t>(found->integer(i, 0)), why);
}

void Filter::refer(const ReferenceFact& fact) {
  const auto found = ask(How::by_index, lacks_parent(fact));
  if (!found || found->empty()) return;
  std::vector<std::optional<std::size_t>> parent(bad_.size());
  if (!fact.provided_by.empty() && !(plan_.keyed && plan_.insert_new.empty())) {
    const auto in_page = pairs(How::by_index_and_hash, parent_in_page(fact));
    if (!in_page) return;
    for (const auto& [row, provider] : *in_page) parent[row] = provider;
  }
  const std::size_t why = reason("23503", strcat("insert or update on table \"", plan_.table.name,
                                                 "\" violates foreign key constraint \"", fact.name, "\""));
  for (std::size_t i = 0; i < found->size(); ++i) {
    const auto row = static_cast<std::size_t>(found->integer(i, 0));
    if (parent[row])
      dependencies_.push_back({row, *parent[row], why, false});
    else
      refuse(row, why);
  }
}

void Filter::unique(const UniqueFact& fact) {
  const auto same = pairs(How::by_index_and_hash, repeats(fact));
  const auto held = pairs(How::by_index_and_hash, taken(plan_, fact));
  if (!same || !held || (same->empty() && held->empty())) return;
  const std::size_t why = reason("23505", strcat("duplicate key value violates unique constraint \"", fact.name, "\""));
  reasons_[why].unique = &fact;
  std::unordered_map<std::size_t, std::size_t> first_of;
  for (const auto& [row, first] : *same) {
    first_of[row] = *first;
    first_of[*first] = *first;
  }
  depend_on_taken(fact, *held, first_of, why);
  refuse_dependents();
  // Of those that are left of rows with one value the first stands.
  std::unordered_map<std::size_t, std::size_t> stands;
  for (const std::size_t row : rows_)
    if (const auto group = first_of.find(row); group != first_of.end() && !bad_[row])
      if (auto [at, fresh] = stands.try_emplace(group->second, row); !fresh) at->second = std::min(at->second, row);
  for (const auto& [row, first] : first_of)
    if (!bad_[row] && stands[first] != row) {
      refuse(row, why);
      gave_place_.emplace_back(stands[first]);
    }
}

void Filter::depend_on_taken(const UniqueFact& fact, const Pairs& taken,
                             const std::unordered_map<std::size_t, std::size_t>& first_of, std::size_t why) {
  const auto group = [&](std::size_t row) {
    const auto found = first_of.find(row);
    return found == first_of.end() ? std::optional<std::size_t>() : std::optional(found->second);
  };
  for (const auto& [row, holder] : taken) {
    const bool keeps = holder && group(row) && group(*holder) == group(row);  // and does not give it up
    if (!holder || keeps || plan_.update_changed.empty())
      refuse(row, why);
    else
      dependencies_.push_back({row, *holder, why, fact.at_once});
  }
}

void Filter::refuse(std::size_t row, std::size_t why) {
  if (bad_[row]) return;
  bad_[row] = true;
  refused_.push_back({row, why});
}

std::size_t Filter::reason(const char* sqlstate, std::string message) {
  reasons_.push_back({sqlstate, std::move(message)});
  return reasons_.size() - 1;
}

core::RowDependencies Filter::refuse_dependents() {
  core::RowDependencies settled = core::settle_dependencies(bad_, dependencies_);
  for (const auto& [row, why] : settled.refused) refuse(row, why);
  return settled;
}

Filtered Filter::settle() {
  Filtered out;
  const core::RowDependencies settled = refuse_dependents();
  for (const auto& [row, why] : refused_) {
    const core::DatabaseFault kind = core::fault_of_sqlstate(reasons_[why].sqlstate);
    out.faults.push_back({.record = row,
                          .error_type = kind.error_type,
                          .code = kind.code,
                          .field = {},
                          .column = {},
                          .message = reasons_[why].message,
                          .suggestion = std::string(kind.suggestion),
                          .sqlstate = reasons_[why].sqlstate,
                          .retryable = true});
  }
  out.once_more = std::ranges::any_of(gave_place_, [&](std::size_t row) { return bad_[row]; });
  for (const auto& [row, why] : settled.rings)
    if (const UniqueFact* fact = reasons_[why].unique; fact != nullptr && fact->may_be_null > 0)
      out.give_way.push_back({row, take_value_away(plan_, *fact)});
  std::vector<bool> in_turn(bad_.size());
  for (const std::size_t row : settled.in_turn) in_turn[row] = true;
  for (const auto& rows : {rows_, untouched_})
    for (const std::size_t row : rows)
      if (!bad_[row] && !in_turn[row]) out.good.push_back(row);
  out.good.insert(out.good.end(), settled.in_turn.begin(), settled.in_turn.end());
  return out;
}

// A constraint that cannot be asked this way (an expression that raises, a function that needs another search_path)
// is left to be found by trial.
std::optional<pg::Rows> Filter::ask(How how, const std::string& statement) {
  try {
    pg::Savepoint savepoint(sql_);
    pg::Rows rows = how == How::by_index            ? sql_.run_by_index(statement)
                    : how == How::by_index_and_hash ? sql_.run_by_index_and_hash(statement)
                                                    : sql_.run_as_printed(statement);
    savepoint.release();
    return rows;
  } catch (const pg::Error& error) {
    if (error.is_cancel()) throw;
    return std::nullopt;
  }
}

std::optional<Filter::Pairs> Filter::pairs(How how, const std::string& statement) {
  const auto rows = ask(how, statement);
  if (!rows) return std::nullopt;
  Pairs out;
  out.reserve(rows->size());
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto other = rows->integer_or_null(i, 1);
    out.emplace_back(rows->integer(i, 0), other ? std::optional(static_cast<std::size_t>(*other)) : std::nullopt);
  }
  return out;
}

}  // namespace

// In blocks, so that the copy with row numbers stays small.
void stage_rows(pg::StagedPage& page, const Batch& batch, std::span<const std::size_t> rows) {
  constexpr std::size_t kBlock = 512;
  std::vector<base::Cell> block;
  block.reserve(std::min(kBlock, rows.size()) * (batch.width + 1));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = batch.cells.begin() + static_cast<std::ptrdiff_t>(rows[i] * batch.width);
    block.insert(block.end(), row, row + static_cast<std::ptrdiff_t>(batch.width));
    base::Cell& number = block.emplace_back();
    number.form = base::Cell::Form::integer;
    number.integer = static_cast<std::int64_t>(rows[i]);
    if (block.size() == kBlock * (batch.width + 1) || i + 1 == rows.size()) {
      page.append(block);
      block.clear();
    }
  }
  page.ready();
}

std::vector<bool> lack_parents(pg::Sql& sql, const WritePlan& plan, const Batch& batch, std::size_t rows) {
  std::vector<bool> lacking(rows);
  const Constraints constraints = read_constraints(sql, plan);
  std::vector<std::size_t> all(rows);
  std::iota(all.begin(), all.end(), std::size_t{0});
  pg::StagedPage page(sql, kStagedPage, plan.staged);
  stage_rows(page, batch, all);
  for (const ReferenceFact& fact : constraints.references) {
    if (fact.to_itself) continue;  // they may be each other's
    const pg::Rows found = sql.run_by_index(lacks_parent(fact));
    for (const std::int64_t row : found.integers(0)) lacking[static_cast<std::size_t>(row)] = true;
  }
  return lacking;
}

Filtered filter_rows(pg::Sql& sql, const WritePlan& plan, const Batch& batch, std::span<const std::size_t> rows,
                     bool first_load) {
  return Filter(sql, plan, batch, rows).run(first_load);
}

}  // namespace tandem::store
