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

#include "base/page_reader.hpp"
#include "base/value.hpp"
#include "core/mapping.hpp"

namespace tandem::core {

// A record that does not go in, and why.
struct RowFault {
  std::size_t record = 0;  // position in the page
  std::string error_type, code, field, column, message, suggestion, sqlstate;
  bool retryable = false;  // the same record may go in later without having changed
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
  RowBuilder(const Mapping& mapping, const Target& target, std::vector<std::string> key, std::uint64_t seed);

  // What to ask the page reader for; the order is this builder's own.
  [[nodiscard]] const std::vector<base::FieldPath>& fields() const noexcept { return fields_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_.size(); }

  struct Identified {
    std::vector<Identity> rows;    // in page order, without duplicates: of one id the last record stands
    std::vector<RowFault> faults;  // records without an id
    std::size_t duplicates = 0;
  };
  Identified identify(const base::Page& page, base::TextArena& arena) const;

  struct Converted {
    std::vector<base::Cell> cells;  // rows × columns(), row-major
    std::vector<Identity> rows;
    std::vector<RowFault> faults;
  };
  Converted convert(const base::Page& page, std::span<const Identity> rows, base::TextArena& arena) const;

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
  };
  std::size_t field_index(const std::string& name);
  base::Value value_of(const base::Page& page, std::size_t record, std::size_t field) const;
  std::optional<RowFault> cell_of(const base::Value& value, const Column& column, base::TextArena& arena,
                                  base::Cell& cell) const;
  std::string_view origin_id(const base::Page& page, std::size_t record, base::TextArena& arena) const;
  std::uint64_t hash(const base::Page& page, std::size_t record) const;

  std::vector<std::string> names_;
  std::vector<base::FieldPath> fields_;
  std::vector<Column> columns_;
  std::vector<std::size_t> key_;
  std::optional<std::size_t> cursor_field_;
  std::uint64_t seed_;
  base::TextArena fallbacks_;
};

}  // namespace tandem::core
