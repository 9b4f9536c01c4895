// From a page of remote records to rows of the target: who each record is, whether its
// content is what was last seen (hash), and its values as cells for the mapped columns.
// Pure and set-based: one RowBuilder per run, two passes per page, so that records that
// did not change are never converted.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/page_reader.hpp"
#include "base/value.hpp"
#include "core/mapping/mapping.hpp"
#include "core/transform/chain.hpp"

namespace tandem::core {

// A record that does not go in, and why.
struct RowFault {
  std::size_t record = 0;  // position in the page
  std::string error_type = {}, code = {}, field = {}, column = {}, message = {}, suggestion = {}, sqlstate = {};
  bool retryable = false;         // the same record may go in later without having changed
  std::int64_t waits_for = 0;     // a mapping: it goes in by itself when that has the record of
  std::string waits_for_id = {};  // this id
};

struct Identity {
  std::size_t record = 0;      // position in the page
  std::string_view origin_id;  // several key fields: a JSON array of them
  std::uint64_t hash = 0;      // of the mapped values, under this definition
};

class RowBuilder {
 public:
  // `seed` stands for the definition: another definition, other hashes. Throws Failure when a column of the
  // mapping is not in the target or a default does not fit its column.
  // `letters` (of "lowercase" and "uppercase"; null: ASCII) must outlive the builder.
  RowBuilder(const Mapping& mapping, const Target& target, std::vector<std::string> key, std::uint64_t seed,
             const TextCase* letters = nullptr);

  // What to ask the page reader for; the order is this builder's own.
  [[nodiscard]] const std::vector<base::FieldPath>& fields() const noexcept { return fields_; }
  // Cells per row: one for each column of the mapping; then, for each column that is to be kept where its field is
  // absent, whether it is.
  [[nodiscard]] std::size_t columns() const noexcept { return columns_.size() + keep_.size(); }

  struct Identified {
    std::vector<Identity> rows;    // in page order, without duplicates: of one id the last record stands
    std::vector<RowFault> faults;  // records without an id
    std::size_t duplicates = 0;
  };
  Identified identify(const base::Page& page, base::TextArena& arena) const;
  // Of one record; empty: it has none.
  [[nodiscard]] std::string_view origin_id(const base::Page& page, std::size_t record, base::TextArena& arena) const;
  [[nodiscard]] RowFault without_id(const base::Page& page, std::size_t record) const;

  struct Converted {
    std::vector<base::Cell> cells;    // rows × columns(), row-major
    std::vector<base::Cell> records;  // one per row, where a column is computed from the record
    std::vector<Identity> rows;
    std::vector<RowFault> faults;
    std::vector<base::Cell> failed;  // asked for: one row of cells per fault; what does not fit is null
  };
  // Also give the rows that do not fit, as far as they do.
  void keep_failed() noexcept { keep_failed_ = true; }
  Converted convert(const base::Page& page, std::span<const Identity> rows, base::TextArena& arena) const;

  // Of a record's row, the cells of the mapping's columns at `positions`, appended. False: one of them does not fit, or
  // is for the database to find out.
  bool convert_some(const base::Page& page, std::size_t record, std::span<const std::size_t> positions,
                    base::TextArena& arena, std::vector<base::Cell>& cells) const;

  // One more field to ask for, of no column; gives its place in each record. Before the page reader is made.
  std::size_t extract(const base::FieldPath& field);

  // Records that differ in this field differ.
  void hash_too(std::size_t field) { hashed_.push_back(field); }

  // Of appended records each version is one of its own: its id and its content identify it. None has to have an id.
  void tell_versions_apart() noexcept { versions_ = true; }

  // What a column that is stamped with the moment of writing gets.
  void set_now(base::Instant now) noexcept { now_ = now; }

  // The values of the cursor field of a page, for the watermark; empty when the mapping has none.
  [[nodiscard]] std::optional<std::size_t> cursor_field() const noexcept { return cursor_field_; }

 private:
  struct Column {
    std::size_t field;
    std::string field_name, name;
    base::ColumnType type;
    DeclaredType declared;
    bool required, not_null;
    std::optional<base::Cell> fallback;
    std::optional<base::Cell> constant;  // there is no field
    Stamp stamp;                         // now and uuid: neither field nor constant
    TransformChain steps;
    Absent absent;
    bool replace_bad_text;
    bool sql;        // the cell is what the database begins with
    bool computed;   // and that is nothing: there is no field
    bool record;     // but the record
    bool reference;  // the cell is an id, to be looked up

    [[nodiscard]] RowFault fault(const char* error_type, const char* code, std::string message,
                                 std::string suggestion) const;
    [[nodiscard]] RowFault fault(Problem problem) const;
  };
  Column make_column(const ColumnMapping& mapped, const TargetColumn& local, const TextCase* letters);
  base::Cell own_cell(const base::Json& json, const TargetColumn& local, const Column& column, const char* what);
  std::size_t field_index(const std::string& name);
  base::Value value_of(const base::Page& page, std::size_t record, std::size_t field) const;
  std::optional<RowFault> cell_of(const base::Page& page, std::size_t record, const Column& column,
                                  base::TextArena& arena, base::Cell& cell) const;
  std::optional<RowFault> nothing(bool absent, const Column& column, base::Cell& cell) const;
  std::optional<Problem> staged(const base::Value& value, const Column& column, base::TextArena& arena,
                                base::Cell& cell) const;
  std::optional<RowFault> add_facts(const base::Page& page, std::size_t record, base::TextArena& arena,
                                    Converted& out) const;
  void add_failed(const base::Page& page, std::size_t record, base::TextArena& arena,
                  std::vector<base::Cell>& cells) const;
  base::Cell stamped(Stamp stamp, base::TextArena& arena) const;
  std::uint64_t hash(const base::Page& page, std::size_t record) const;

  std::vector<std::string> names_;
  std::vector<base::FieldPath> fields_;
  std::vector<Column> columns_;
  std::vector<std::size_t> keep_;  // fields of the columns that are kept where they are absent
  bool record_ = false;            // some column looks at the whole record
  bool keep_failed_ = false;
  std::vector<std::size_t> key_;
  std::vector<std::size_t> hashed_;  // fields that decide whether a record has changed
  bool hash_record_ = false;         // the whole of it does
  std::optional<std::size_t> cursor_field_;
  std::uint64_t seed_;
  bool versions_ = false;
  base::Instant now_ = {};
  base::TextArena own_text_;  // of defaults and constants
};

}  // namespace tandem::core
