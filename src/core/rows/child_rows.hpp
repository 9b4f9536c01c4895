// From the arrays of a page's records to rows of a child table. The elements of all of them
// become a page of their own, which goes the way of any other page: through a RowBuilder,
// with transforms, defaults and checks, and then through the database's part of them. An
// element that does not fit is a fault of the record that it belongs to.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/page_reader.hpp"
#include "core/mapping/mapping.hpp"
#include "core/rows/rows.hpp"

namespace tandem::core {

// Rows of a child table, by the record that they belong to.
struct ChildCells {
  std::vector<base::Cell> cells;  // rows × width
  std::size_t width = 0;
  std::vector<std::size_t> first;  // of each record, and behind the last one
  std::vector<bool> given;         // the record has the array, be it empty or null; else its rows are left alone
};

class ChildRows {
 public:
  // `array`: where the page's records have the field. `mapping` is mapping_of(child), `table` the child table.
  // Throws like RowBuilder.
  ChildRows(const ChildTable& child, const Mapping& mapping, const Target& table, std::size_t array,
            const TextCase* letters);

  // The elements of a page. What is converted of them borrows from here.
  struct Elements {
    base::Buffer text;
    base::TextArena arena;
    base::Page page;
    std::vector<std::size_t> record, position;  // of each element
    std::vector<bool> given;                    // by record
    std::vector<RowFault> faults;               // of records
    std::vector<Identity> rows;
  };
  // Of the records in `rows`. Throws Failure for what is beyond the reader's limits.
  void gather(const base::Page& page, std::span<const Identity> rows, Elements& out);
  RowBuilder::Converted convert(Elements& elements, base::Instant now);
  // When the database has done its part: faults of elements become faults of their records, one each, and are added to
  // those of `elements`; two elements with one key are one.
  ChildCells finish(Elements& elements, const RowBuilder::Converted& converted) const;

  [[nodiscard]] std::size_t array() const noexcept { return array_; }

 private:
  void add(const base::Page& page, std::size_t record, Elements& out, std::vector<std::string_view>& raw) const;
  void read(Elements& out, const std::vector<std::string_view>& raw);
  void refuse_same_keys(const Elements& elements, const RowBuilder::Converted& converted,
                        std::vector<RowFault>& faults) const;
  RowFault fault(std::size_t record, std::string message) const;

  std::string name_;  // lines[]
  std::size_t array_;
  RowBuilder rows_;
  base::PageReader reader_;
  std::vector<std::size_t> element_, position_;  // places of the fields that are none
  std::vector<std::size_t> key_;                 // columns
  std::string key_names_;
};

}  // namespace tandem::core
