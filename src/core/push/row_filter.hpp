// Which local rows a push is about: its conditions (JSON Logic) over the row, columns by name.
// A row is seen as the JSON object that its columns would be sent as, so that a rule means the
// same here as over a record: numbers are numbers, json columns can be looked into.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/page_reader.hpp"
#include "core/logic/logic.hpp"
#include "core/mapping/mapping.hpp"
#include "core/push/outgoing.hpp"

namespace tandem::core {

class RowFilter {
 public:
  // nullopt: every row passes. Throws Failure when a column is not in the target.
  static std::optional<RowFilter> make(const Mapping& mapping, const Target& target);

  // The columns that test() wants the texts of.
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }

  enum class Verdict { pass, skip, fault };
  struct Judged {
    std::vector<Verdict> rows = {};
    std::vector<RowFault> faults = {};  // `record` is the row's position
  };
  // `texts`: of all rows, columns().size() each.
  [[nodiscard]] Judged test(std::span<const LocalText> texts, std::size_t rows);

 private:
  RowFilter(Condition condition, const Target& target);
  void append_row(std::span<const LocalText> texts, base::TextArena& arena, base::Buffer& body) const;

  std::unique_ptr<Condition> condition_;
  std::unique_ptr<ConditionTest> test_;
  std::vector<std::string> columns_, names_;  // as they are called; as keys of JSON
  std::vector<base::ColumnType> types_;
  base::PageReader reader_;
};

}  // namespace tandem::core
