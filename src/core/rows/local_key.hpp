// The local key of a record: the values of the columns that find its row. Where these are
// the columns of the record's own key, the origin id says it all; where they are others
// (match_on), the values are kept with the contract, as text. Also told here: whether two
// records stand for one row, which their ids alone do not show (1 and 1.0, A and a).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"
#include "core/mapping/mapping.hpp"
#include "core/transform/chain.hpp"

namespace tandem::core {

class LocalKey {
 public:
  // `key`: the fields that identify a record; `match_on`: the local columns. Every one of these is mapped. `letters`
  // (of citext; null: ASCII) must outlive it.
  LocalKey(const Mapping& mapping, const Target& target, const std::vector<std::string>& key,
           const std::vector<std::string>& match_on, const TextCase* letters = nullptr);

  [[nodiscard]] bool derived() const noexcept { return derived_; }
  // Whether a record may come with another one while its id stays.
  [[nodiscard]] bool may_change() const noexcept { return may_change_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_.size(); }
  // Where each of the match columns stands in the mapping's columns.
  [[nodiscard]] std::size_t position(std::size_t i) const { return columns_[i].position; }

  // {"email": "ann@example.com"} of a converted row (cells of all the mapping's columns); null stays null.
  [[nodiscard]] std::string stored(std::span<const base::Cell> row) const;
  // Cells of the match columns. `stored` is what stored() gave; without it the origin id is taken apart. Text borrows
  // from the arena.
  void cells(std::string_view origin_id, const std::optional<std::string>& stored, base::TextArena& arena,
             std::vector<base::Cell>& out) const;
  // The same for cells that the table takes for one key, and for no others, as far as the type is one that we know.
  [[nodiscard]] std::string fingerprint(std::span<const base::Cell> cells) const;
  // Different ids are different rows, whatever they are.
  [[nodiscard]] bool exact() const noexcept { return exact_; }
  // Whether that id is another row's than every other id that this is true of: 7 is, 7.0 and 70e-1 are not.
  [[nodiscard]] bool tells_apart(std::string_view origin_id) const noexcept;

 private:
  struct Column {
    std::string name;
    base::ColumnType type;
    DeclaredType declared = DeclaredType::none;
    std::size_t position = 0;                 // in the mapping's columns
    std::size_t part = 0;                     // of the origin id, when derived
    std::optional<base::Cell> constant = {};  // the same in every row of the mapping
  };
  [[nodiscard]] std::string folded(std::string text, const base::ColumnType& type) const;
  base::Cell cell_of_id(std::string_view text, const Column& column, base::TextArena& arena) const;

  std::vector<Column> columns_;
  std::size_t parts_ = 0;  // of the origin id
  bool may_change_ = false, derived_ = true, exact_ = true, exact_or_whole_ = true;
  const TextCase* letters_ = nullptr;
  base::TextArena text_;  // of constants
};

}  // namespace tandem::core
