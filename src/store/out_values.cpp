#include "store/out_values.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/error.hpp"
#include "pg/staging.hpp"
#include "pg/transaction.hpp"
#include "store/database_fault.hpp"

namespace tandem::store {

using base::strcat;

namespace {

// What an expression can raise because of the values it is given.
bool is_of_a_value(const pg::Error& error) {
  if (error.is_cancel()) return false;
  const std::string_view group = std::string_view(error.sqlstate()).substr(0, 2);
  return of_a_row(error) || group == "21" || group == "0A" || group == "2F";
}

class OutValues {
 public:
  OutValues(pg::Sql& sql, const OutComputePlan& plan, std::vector<std::optional<Texts>>& rows)
      : sql_(sql), plan_(plan), rows_(rows) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i]) there_.push_back(i);
  }
  std::vector<core::RowFault> fill_in() {
    if (!there_.empty()) try_all();
    return std::move(faults_);
  }

 private:
  using Places = std::span<const std::size_t>;

  [[nodiscard]] pg::Rows run(const std::string& query, Places places) const {
    pg::StagedPage page(sql_, kValuesPage, plan_.source);
    std::vector<base::Cell> cells;
    const auto add = [&](const std::optional<std::string>& text) {
      base::Cell& cell = cells.emplace_back();
      if (!text) return;
      cell.form = base::Cell::Form::text;
      cell.text = *text;
    };
    for (const std::size_t place : places) {
      for (const ComputePlan::Column& column : plan_.columns) add((*rows_[place])[column.place]);
      if (plan_.record) add(rows_[place]->back());
      base::Cell& number = cells.emplace_back();
      number.form = base::Cell::Form::integer;
      number.integer = static_cast<std::int64_t>(place);
    }
    page.append(cells);
    page.ready();
    return sql_.run_as_texts(query);
  }

  void take(const pg::Rows& results) {
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::size_t row = std::stoul(results.text(i, 0));
      if (const auto wrong = results.text_or_null(i, 1)) {
        std::size_t column = 0;
        const char* const message = std::from_chars(wrong->data(), wrong->data() + wrong->size(), column).ptr + 1;
        add_fault(row, column, message, core::code::kUnmapped, {}, {});
        continue;
      }
      for (std::size_t k = 0; k < plan_.columns.size(); ++k)
        (*rows_[row])[plan_.columns[k].place] = results.text_or_null(i, k + 2);
    }
  }

  // What fails for many is tried for parts of them, down to the row that it fails for.
  void try_all() {
    std::vector<Places> work{there_};
    while (!work.empty()) {
      const Places places = work.back();
      work.pop_back();
      const std::optional<Failed> failed = try_rows(places);
      if (!failed) continue;
      if (places.size() == 1) {
        add_fault(places[0], culprit(places), failed->message, core::code::kTransformFailed, failed->hint,
                  failed->sqlstate);
        continue;
      }
      work.push_back(places.subspan(places.size() / 2));
      work.push_back(places.first(places.size() / 2));
    }
  }

  struct Failed {
    std::string message, hint, sqlstate;
  };
  std::optional<Failed> try_rows(Places places) {
    try {
      pg::Savepoint savepoint(sql_);
      const pg::Rows results = run(plan_.query, places);
      savepoint.release();
      take(results);
      return std::nullopt;
    } catch (const pg::Error& error) {
      if (!is_of_a_value(error)) throw;
      return Failed{std::string(error.message()), std::string(error.hint()), std::string(error.sqlstate())};
    }
  }

  // Which column's SQL it is that fails; what was done to find that out is undone.
  [[nodiscard]] std::size_t culprit(Places row) const {
    for (std::size_t k = 0; k + 1 < plan_.columns.size(); ++k) {
      try {
        const pg::Savepoint savepoint(sql_);
        (void)run(plan_.single[k], row);
      } catch (const pg::Error& error) {
        if (!is_of_a_value(error)) throw;
        return k;
      }
    }
    return plan_.columns.size() - 1;
  }

  void add_fault(std::size_t row, std::size_t column, std::string_view message, const char* code,
                 std::string_view suggestion, std::string_view sqlstate) {
    const ComputePlan::Column& at = plan_.columns[column];
    faults_.push_back({.record = row,
                       .error_type = core::error_type::kTransform,
                       .code = code,
                       .field = at.field,
                       .column = at.column,
                       .message = strcat("column ", at.column, ", field ", at.field, ": ", message),
                       .suggestion = suggestion.empty() ? "Correct the row, or the \"to_remote\" of the column."
                                                        : std::string(suggestion),
                       .sqlstate = std::string(sqlstate),
                       .retryable = true});
  }

  pg::Sql& sql_;
  const OutComputePlan& plan_;
  std::vector<std::optional<Texts>>& rows_;
  std::vector<std::size_t> there_;
  std::vector<core::RowFault> faults_;
};

}  // namespace

std::vector<core::RowFault> compute_out_values(pg::Sql& sql, const OutComputePlan& plan,
                                               std::vector<std::optional<Texts>>& rows) {
  if (plan.columns.empty()) return {};
  return OutValues(sql, plan, rows).fill_in();
}

}  // namespace tandem::store
