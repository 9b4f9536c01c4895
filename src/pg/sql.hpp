// SQL from C++: typed parameters in, plain C++ rows out. A Sql is an open SPI
// connection; only a Transaction (workers) or a CallerSpi (SQL functions, inside the
// caller's transaction) makes one. engine() is how our own tables are reached: each
// statement runs as tandem_owner under a pinned search_path and nothing else runs then.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "pg/types.hpp"

struct EphemeralNamedRelationData;
struct MemoryContextData;

namespace tandem::pg {

struct Setting;
class ComputedRows;
class StagedPage;

// A typed SPI parameter.
class Param {
 public:
  Param(std::string_view text) : value_(std::string(text)) {}           // text  NOLINT
  Param(const char* text) : value_(std::string(text)) {}                // text  NOLINT
  Param(std::string text) : value_(std::move(text)) {}                  // text  NOLINT
  Param(std::int64_t value) : value_(value) {}                          // int8  NOLINT
  Param(int value) : value_(static_cast<std::int64_t>(value)) {}        // int8  NOLINT
  Param(bool value) : value_(value) {}                                  // bool  NOLINT
  Param(double value) : value_(value) {}                                // float8  NOLINT
  Param(base::Instant value) : value_(value) {}                         // timestamptz  NOLINT
  Param(std::vector<std::string> value) : value_(std::move(value)) {}   // text[]  NOLINT
  Param(std::vector<std::int64_t> value) : value_(std::move(value)) {}  // int8[]  NOLINT
  template <class T>
  Param(const std::optional<T>& value) : Param(value ? Param(*value) : null_of(Param(T{}))) {}  // NOLINT
  static Param oid(Oid value) {
    Param p(static_cast<std::int64_t>(value));
    p.oid_ = true;
    return p;
  }
  static Param null_of(Param like) {
    like.null_ = true;
    return like;
  }

  using Value = std::variant<std::string, std::int64_t, bool, double, base::Instant, std::vector<std::string>,
                             std::vector<std::int64_t>>;
  [[nodiscard]] const Value& value() const noexcept { return value_; }
  [[nodiscard]] bool is_null() const noexcept { return null_; }
  [[nodiscard]] bool is_oid() const noexcept { return oid_; }

 private:
  Value value_;
  bool null_ = false;
  bool oid_ = false;
};

// A result, copied out of Postgres. int2/int4/int8/oid columns are integers, bool booleans,
// float4/float8 reals, timestamptz Instants; everything else is its text (jsonb, numeric, regclass, ...).
class Rows {
 public:
  using Field = std::variant<std::monostate, std::string, std::int64_t, bool, double, base::Instant>;

  [[nodiscard]] std::size_t size() const noexcept { return columns_ == 0 ? 0 : fields_.size() / columns_; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::uint64_t processed() const noexcept { return processed_; }  // rows the statement touched
  [[nodiscard]] const Field& at(std::size_t row, std::size_t column) const {
    return fields_.at(row * columns_ + column);
  }
  [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const { return at(row, column).index() == 0; }
  // The value, of the type it must have; a NULL or another type throws Failure(internal).
  [[nodiscard]] const std::string& text(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;
  [[nodiscard]] bool boolean(std::size_t row, std::size_t column) const;
  [[nodiscard]] double real(std::size_t row, std::size_t column) const;
  [[nodiscard]] base::Instant instant(std::size_t row, std::size_t column) const;
  // The same, with NULL as nullopt.
  [[nodiscard]] std::optional<std::string> text_or_null(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::optional<std::int64_t> integer_or_null(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::optional<base::Instant> instant_or_null(std::size_t row, std::size_t column) const;
  // A whole column, by the rules of text() and integer().
  [[nodiscard]] std::vector<std::string> texts(std::size_t column) const;
  [[nodiscard]] std::vector<std::int64_t> integers(std::size_t column) const;

 private:
  friend class Sql;
  std::size_t columns_ = 0;
  std::uint64_t processed_ = 0;
  std::vector<Field> fields_;
};

class Sql {
 public:
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  // As the current user, with the session's own settings: user tables. Throws pg::Error.
  Rows run(std::string_view sql, std::span<const Param> params = {});
  Rows run(std::string_view sql, std::initializer_list<Param> params) {
    return run(sql, std::span(params.begin(), params.size()));
  }

  // The same with planner choices that suit a page joined to a big table: hash joins, merge
  // joins and sequential scans off while it is planned, not while it runs: triggers see the session's own.
  // Still the current user.
  Rows run_by_index(std::string_view sql);
  // The same, but the page may be joined with itself by hash: what looks into the table must be a subquery of its own.
  Rows run_by_index_and_hash(std::string_view sql);

  // Like run_by_index, but every value comes as its type prints it, whatever the session has set: dates ISO, times in
  // UTC, floats with all their digits, bytea in hex. The statement itself runs with the session's own settings.
  Rows run_as_texts(std::string_view sql);

  // Still the current user, but names mean what they mean in the engine's search_path: for expressions as the
  // catalogs print them there.
  Rows run_as_printed(std::string_view sql);

  // An EXPLAIN of a statement as run() or run_by_index() would plan it.
  Rows explain(std::string_view sql, bool by_index);

  // As tandem_owner, search_path pinned to pg_catalog, pg_temp. Only fixed SQL whose every name
  // is ours or pg_catalog's may come here (design.md §3).
  Rows engine(std::string_view sql, std::span<const Param> params = {});
  Rows engine(std::string_view sql, std::initializer_list<Param> params) {
    return engine(sql, std::span(params.begin(), params.size()));
  }
  // The same, by index only (see run_by_index).
  Rows engine_by_index(std::string_view sql, std::span<const Param> params = {});

 protected:
  Sql();          // SPI_connect
  ~Sql();         // SPI_finish, unless an error waits for its abort (which cleans SPI up)
  void finish();  // ends the pages that are still staged, then SPI_finish: before a commit

 private:
  friend class StagedPage;
  friend class ComputedRows;
  Rows execute(std::string_view sql, std::span<const Param> params,
               std::optional<std::uint64_t> variant = std::nullopt);
  [[nodiscard]] std::uint64_t shape_of_pages() const noexcept;
  Rows execute_planned(std::string_view sql, std::span<const Setting> planner, bool as_texts = false);
  void require_usable();
  // A named relation that statements of this connection can select from, and its end. While the connection
  // is not on top the end is put off to the next statement: `relation` must lie in context_ until then.
  void attach(StagedPage* page, EphemeralNamedRelationData* relation);
  void detach(StagedPage* page, const std::string& name) noexcept;
  void detach_ended();
  // False while an error caught since we connected is not yet undone: SPI's stack may be deeper then.
  [[nodiscard]] bool on_top() const noexcept;

  MemoryContextData* context_ = nullptr;  // SPI's own, lives as long as the connection; null: not connected
  int errors_before_ = 0;
  std::vector<StagedPage*> pages_;
  std::vector<std::string> ended_relations_;
};

// Inside a SQL function: a connection in the caller's transaction.
class CallerSpi : public Sql {
 public:
  CallerSpi() = default;
  ~CallerSpi() = default;
};

}  // namespace tandem::pg
