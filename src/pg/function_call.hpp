// The arguments and the result of one SQL function call, as C++ values. All that
// src/api sees of Postgres. Text comes in as std::string; NULL arguments are
// std::nullopt. Set-returning functions fill a tuplestore (materialize mode).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "pg/types.hpp"

struct FunctionCallInfoBaseData;

namespace tandem::pg {

struct Captured;

// One output column of a row that a function returns; the SQL type decides how it is stored:
// text goes through the column type's input function where that is not text.
struct Out {
  enum class Kind { null, text, integer, boolean, real, instant } kind = Kind::null;
  std::string text;
  std::int64_t integer = 0;
  double real = 0;
  Out() = default;
  Out(std::nullopt_t) {}                                                    // NOLINT
  Out(std::string value) : kind(Kind::text), text(std::move(value)) {}      // NOLINT
  Out(std::string_view value) : kind(Kind::text), text(value) {}            // NOLINT
  Out(const char* value) : kind(Kind::text), text(value) {}                 // NOLINT
  Out(std::int64_t value) : kind(Kind::integer), integer(value) {}          // NOLINT
  Out(int value) : kind(Kind::integer), integer(value) {}                   // NOLINT
  Out(bool value) : kind(Kind::boolean), integer(value) {}                  // NOLINT
  Out(double value) : kind(Kind::real), real(value) {}                      // NOLINT
  Out(base::Instant value) : kind(Kind::instant), integer(value.micros) {}  // NOLINT
  template <class T>
  Out(const std::optional<T>& value) {
    if (value) *this = Out(*value);
  }  // NOLINT
};

class FunctionCall {
 public:
  explicit FunctionCall(FunctionCallInfoBaseData* fcinfo) : fcinfo_(fcinfo) {}

  [[nodiscard]] bool may_commit() const;  // a procedure called outside any transaction block (pg/procedure.cpp)
  [[nodiscard]] bool is_null(int i) const;
  [[nodiscard]] std::optional<std::string> text(int i) const;      // text, name, json (jsonb: as its text)
  [[nodiscard]] std::optional<std::int64_t> integer(int i) const;  // int2, int4, int8, oid, regclass
  [[nodiscard]] std::optional<bool> boolean(int i) const;
  [[nodiscard]] std::optional<std::vector<std::string>> text_array(int i) const;  // a NULL element is 22004
  [[nodiscard]] std::optional<std::int64_t> interval_micros(int i) const;         // months count as 30 days
  [[nodiscard]] std::optional<base::Instant> instant(int i) const;
  // The argument or an Errc::invalid_parameter "argument X must not be null".
  [[nodiscard]] std::string required_text(int i, std::string_view name) const;

  [[nodiscard]] Datum ret_void();
  [[nodiscard]] Datum ret_null();
  [[nodiscard]] Datum ret_text(std::string_view value);
  [[nodiscard]] Datum ret_integer(std::int64_t value);  // the declared type may be int4, int8, oid, regclass
  [[nodiscard]] Datum ret_boolean(bool value);
  [[nodiscard]] Datum ret_row(const std::vector<Out>& row);                 // composite
  [[nodiscard]] Datum ret_rows(const std::vector<std::vector<Out>>& rows);  // SETOF record/TABLE
  // The rows of a statement that is run as the current user and only reads, however many: of the declared types.
  [[nodiscard]] Datum ret_query(const std::string& sql);

 private:
  friend Captured capture_changes(FunctionCall& call);  // pg/capture.hpp: what a trigger was fired for
  FunctionCallInfoBaseData* fcinfo_;
};

}  // namespace tandem::pg
