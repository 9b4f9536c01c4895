// Which records of a page a mapping is about: its conditions (JSON Logic) and the option
// `filters` (equality). Filters that the object has a parameter for are sent, so that less
// travels; what comes is judged here in any case. Records that are left out are skipped,
// which is not gone: they count as seen.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/page_reader.hpp"
#include "core/manifest/api.hpp"
#include "core/logic/logic.hpp"
#include "core/mapping/mapping.hpp"
#include "core/rows/rows.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

// Parts of parse_mapping: options.filters, and the findings about the rule in "conditions".
void read_filters(ObjectReader& in, Mapping& mapping);
void read_conditions(const base::Json& rule, Mapping& mapping, Findings& findings);
// Part of validate_mapping: fields that conditions and filters name and discovery has not seen.
void check_filter_fields(const Mapping& mapping, const std::vector<RemoteField>& discovered, Findings& findings);

// The query parameters that filters become. None while rows may be deleted: a record that stops matching would look
// gone.
[[nodiscard]] Params filter_params(const Mapping& mapping, const Object& object);

class RecordFilter {
 public:
  // nullopt: every record. Adds the fields that it looks at to `rows`, whose pages it is to judge.
  static std::optional<RecordFilter> make(const Mapping& mapping, const Object& object, RowBuilder& rows);

  struct Split {
    std::vector<Identity> rows, passed_over;
    std::vector<RowFault> faults;  // records that the rule cannot judge; their ids are in fault_ids
    std::vector<std::string_view> fault_ids;
  };
  [[nodiscard]] Split split(const base::Page& page, const std::vector<Identity>& rows);

 private:
  RecordFilter(Condition condition, RowBuilder& rows);

  std::unique_ptr<Condition> condition_;
  std::unique_ptr<ConditionTest> test_;
  std::vector<std::size_t> where_;  // in the page, of the condition's fields
  std::vector<base::Value> values_;
};

}  // namespace tandem::core
