// The way out: from the texts of a local row, as Postgres prints them under pinned settings, to the
// values that are sent. Made once per run from the mapping and its table. Every value goes out
// as a pull would have brought it in, digit by digit; what cannot be said exactly is a fault
// of its row. Pure; requests are made of the values by compose.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/mapping.hpp"
#include "core/push/out_steps.hpp"
#include "core/push/value.hpp"
#include "core/rows/rows.hpp"

namespace tandem::core {

using LocalText = std::optional<std::string_view>;  // nullopt: NULL

class Outgoing {
 public:
  // `discovered` tells what kind of value a field wants where neither the mapping nor the column says so. `results`:
  // the types of push columns whose "to_remote" the database has begun, by position; no name: the column's own.
  // Throws Failure when a column of the mapping is not in the target.
  Outgoing(const Mapping& mapping, const Target& target, const std::vector<RemoteField>& discovered,
           std::vector<base::ColumnType> results = {}, const TextCase* letters = nullptr);

  [[nodiscard]] const std::vector<std::string>& fields() const noexcept { return fields_; }  // what OutValue counts
  [[nodiscard]] std::size_t columns() const noexcept { return columns_.size(); }
  // The local column of each text that is wanted.
  [[nodiscard]] const std::string& column(std::size_t i) const { return columns_[i].name; }

  struct Sent {
    std::vector<OutValue> values = {};
    std::vector<RowFault> faults = {};  // `record` is `row`; a row with one is not sent
  };
  // `texts`: one per push column. `wanted`, where given, says which of them; the others are left out.
  [[nodiscard]] Sent make(std::size_t row, std::span<const LocalText> texts,
                          const std::vector<bool>* wanted = nullptr) const;

  // The values that say that a record is deleted, or there again: options.soft_delete_fields. `now`: ISO 8601. Their
  // fields follow those of the columns, where they are not among them.
  [[nodiscard]] std::vector<OutValue> soft(bool deleted, std::string_view now) const;

 private:
  struct Column {
    std::size_t field;
    std::string field_name, name;
    base::ColumnType type;
    DeclaredType declared, wanted;  // by the mapping; by discovery
    bool required;
    std::optional<base::Value> fallback;
    OutSteps steps;
  };
  struct Soft {
    std::size_t field;
    bool now;
    OutValue deleted, restored;
  };
  std::size_t field_index(const std::string& name);
  std::optional<RowFault> value_of(const Column& column, const LocalText& text, base::TextArena& arena,
                                   OutValue& out) const;

  std::vector<std::string> fields_;
  std::vector<Column> columns_;
  std::vector<Soft> soft_;
  base::TextArena own_;  // of steps, constants and defaults
};

// A value as it is sent: text as text, everything else as JSON.
[[nodiscard]] OutValue out_value(std::size_t field, const base::Value& value);

}  // namespace tandem::core
