#include "store/computed_values.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/transaction.hpp"
#include "store/database_fault.hpp"

namespace tandem::store {

using base::Cell;
using base::strcat;

namespace {

// What an expression can raise because of the values it is given.
bool is_of_a_row(const pg::Error& error) {
  if (error.is_cancel()) return false;
  const std::string_view group = std::string_view(error.sqlstate()).substr(0, 2);
  return of_a_row(error) || group == "21" || group == "0A" || group == "2F";
}

}  // namespace

void ComputedValues::fill_in(core::RowBuilder::Converted& rows) {
  if (plan_.columns.empty() || rows.rows.empty()) return;
  rows_ = &rows;
  width_ = rows.cells.size() / rows.rows.size();
  faults_.resize(rows.rows.size());
  try_rows(0, rows.rows.size());
  for (const pg::ComputedRows& part : parts_) {
    for (std::size_t i = 0; i < part.rows(); ++i) {
      const std::size_t row = part.number(i);
      if (const char* fault = part.fault(i)) {
        std::size_t column = 0;
        const std::string_view text(fault);
        const char* const message = std::from_chars(text.data(), text.data() + text.size(), column).ptr + 1;
        faults_[row] = fault_at(column, message);
        faults_[row]->code = core::code::kUnmapped;
        faults_[row]->suggestion = "Add the row that is looked for, or correct the record at its source.";
        continue;
      }
      for (std::size_t k = 0; k < plan_.columns.size(); ++k)
        rows.cells[row * width_ + plan_.columns[k].place] = part.cell(i, k);
    }
  }
  std::size_t kept = 0;
  for (std::size_t row = 0; row < rows.rows.size(); ++row) {
    if (faults_[row]) {
      faults_[row]->record = rows.rows[row].record;
      rows.faults.push_back(*std::move(faults_[row]));
      keep_failed(row);
      continue;
    }
    std::copy_n(rows.cells.begin() + static_cast<std::ptrdiff_t>(row * width_), width_,
                rows.cells.begin() + static_cast<std::ptrdiff_t>(kept * width_));
    rows.rows[kept++] = rows.rows[row];
  }
  rows.rows.resize(kept);
  rows.cells.resize(kept * width_);
}

// As far as it fits: what the database could not compute is null.
void ComputedValues::keep_failed(std::size_t row) {
  if (plan_.keep_failed == 0) return;
  const std::size_t begin = rows_->failed.size();
  const auto from = rows_->cells.begin() + static_cast<std::ptrdiff_t>(row * width_);
  rows_->failed.insert(rows_->failed.end(), from, from + static_cast<std::ptrdiff_t>(plan_.keep_failed));
  for (const ComputePlan::Column& column : plan_.columns) rows_->failed[begin + column.place] = Cell{};
}

void ComputedValues::try_rows(std::size_t first, std::size_t count) {
  try {
    pg::Savepoint savepoint(sql_);
    parts_.push_back(run(plan_.query, plan_.results, first, count));
    savepoint.release();
    return;
  } catch (const pg::Error& error) {
    if (!is_of_a_row(error)) throw;
    if (count == 1) faults_[first] = fault_of(error, first);
  }
  if (count == 1) {
    faults_[first] = faults_[first].value();
    const std::size_t column = culprit(first);
    core::RowFault named = fault_at(column, faults_[first]->message);
    if (!faults_[first]->suggestion.empty()) named.suggestion = std::move(faults_[first]->suggestion);
    named.sqlstate = std::move(faults_[first]->sqlstate);
    faults_[first] = std::move(named);
    return;
  }
  const std::size_t eighth = (count + 7) / 8;
  for (std::size_t at = first; at < first + count; at += eighth) try_rows(at, std::min(eighth, first + count - at));
}

pg::ComputedRows ComputedValues::run(const std::string& query, std::span<const pg::StagedColumn> results,
                                     std::size_t first, std::size_t count) {
  pg::StagedPage page(sql_, kValuesPage, plan_.source);
  std::vector<Cell> cells;
  for (std::size_t row = first; row < first + count; ++row) {
    for (const ComputePlan::Column& column : plan_.columns) cells.push_back(rows_->cells[row * width_ + column.place]);
    if (plan_.record) cells.push_back(rows_->records[row]);
    Cell& number = cells.emplace_back();
    number.form = Cell::Form::integer;
    number.integer = static_cast<std::int64_t>(row);
  }
  page.append(cells);
  page.ready();
  return {sql_, query, results};
}

core::RowFault ComputedValues::fault_of(const pg::Error& error, std::size_t row) {
  core::RowFault out;
  out.record = row;
  out.message = std::string(error.message());
  out.suggestion = std::string(error.hint());
  out.sqlstate = std::string(error.sqlstate());
  return out;
}

// Which column's SQL it is that fails for the row; what was done to find that out is undone.
std::size_t ComputedValues::culprit(std::size_t row) {
  for (std::size_t k = 0; k + 1 < plan_.columns.size(); ++k) {
    try {
      const pg::Savepoint savepoint(sql_);
      (void)run(plan_.single[k], std::span(&plan_.results[k], 1), row, 1);
    } catch (const pg::Error& error) {
      if (!is_of_a_row(error)) throw;
      return k;
    }
  }
  return plan_.columns.size() - 1;
}

core::RowFault ComputedValues::fault_at(std::size_t column, std::string_view message) const {
  const ComputePlan::Column& at = plan_.columns[column];
  return {.record = 0,
          .error_type = core::error_type::kTransform,
          .code = core::code::kTransformFailed,
          .field = at.field,
          .column = at.column,
          .message = at.field.empty() ? strcat("column ", at.column, ": ", message)
                                      : strcat("field ", at.field, ", column ", at.column, ": ", message),
          .suggestion = "Correct the record at its source, or the SQL of the column.",
          .sqlstate = {},
          .retryable = true};
}

}  // namespace tandem::store
