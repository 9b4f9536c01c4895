// A page of rows as something SQL can select from: a tuplestore registered with SPI
// as an ephemeral named relation. No catalog entry, no temp table, invisible to user
// code. Column types are those of the target's columns, so the statement needs no cast;
// Cells become Datums here, under one guard for the page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/value.hpp"
#include "pg/error.hpp"
#include "pg/sql.hpp"
#include "pg/types.hpp"

namespace tandem::pg {

struct StagedColumn {
  std::string name;
  Oid type = kInvalidOid;
  std::int32_t typmod = -1;
  Oid collation = kInvalidOid;
};

// What went wrong while a value became one of its column's type, mostly said by an input function or a domain.
class ValueError : public Error {
 public:
  ValueError(const Error& error, std::size_t place) : Error(error), place_(place) {}
  [[nodiscard]] std::size_t place() const noexcept { return place_; }  // of the column among the staged ones

 private:
  std::size_t place_;
};

class StagedPage {
 public:
  // Registers relation `name` with the SPI connection of `sql`, which must outlive it. A commit ends it, too.
  StagedPage(Sql& sql, std::string_view name, std::span<const StagedColumn> columns);
  ~StagedPage();  // unregisters and frees
  StagedPage(const StagedPage&) = delete;
  StagedPage& operator=(const StagedPage&) = delete;

  // Appends rows (row-major, columns.size() cells each). A Cell::Form::text for a column whose type
  // is not text goes through the type's input function (with typmod), which may raise: that is a ValueError,
  // rows() then tells which row it was, and the page must be dropped with its savepoint. Text for text and varchar(n)
  // goes in as it is: its length is the caller's to check. A NULL for a domain meets the domain's checks.
  void append(std::span<const base::Cell> cells);
  // Appends all rows of a query, which gives exactly these columns, however many: what does not fit into memory goes to
  // a file. As the current user with the session's own settings; and as the engine, whose query is fixed SQL of ours
  // with parameters $1, …
  void append_query(std::string_view query);
  void append_engine_query(std::string_view query, std::initializer_list<std::int64_t> params);
  // Tell the planner how many rows there are; call once after the last append, before SQL uses it.
  void ready() { ready(rows_); }
  void ready(std::size_t rows);  // that many are to be planned for
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::uint64_t shape() const noexcept { return shape_; }  // of its name and columns

 private:
  friend class Sql;
  void append_rows(std::span<const base::Cell> cells);
  void append_rows_of(std::string_view query, std::span<const std::int64_t> params);
  void end() noexcept;

  struct Impl;
  std::unique_ptr<Impl> impl_;
  Sql& sql_;
  std::string name_;
  std::size_t columns_;
  std::size_t rows_ = 0;
  std::size_t place_ = 0;  // of the value that is being made; columns_: none
  std::uint64_t shape_ = 0;
};

}  // namespace tandem::pg
