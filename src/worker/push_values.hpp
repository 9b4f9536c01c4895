// The small decisions about the values of a claimed row: by which key its contract is
// found, which fields a change brings, what is remembered of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/push/change.hpp"
#include "store/push_contracts.hpp"
#include "worker/push_plan.hpp"

namespace tandem::worker {

[[nodiscard]] store::ContractRef contract_ref(const PushPlan& plan, const store::Texts& kept);
// Of a row that is gone: what was captured of it says it.
[[nodiscard]] store::ContractRef contract_ref_of_gone(const PushPlan& plan, const std::string& key,
                                                      const std::optional<std::string>& was);
// What its contract is to be found by; empty: its origin id.
[[nodiscard]] std::string local_key(const PushPlan& plan, const store::ContractRef& ref, const std::string& row_key);

// What such a change brings: of an update where the object takes parts only the fields of columns that changed
// (nullopt: all), and those that the call has to name.
[[nodiscard]] std::vector<core::OutValue> values_to_send(const PushPlan& plan, core::OutChange::Op op,
                                                         std::vector<core::OutValue> values,
                                                         const std::optional<std::vector<int>>& changed);
// The external key of a row that is gone, as far as it was captured.
[[nodiscard]] std::vector<core::OutValue> key_values_of_gone(const PushPlan& plan, const std::string& key,
                                                             const std::optional<std::string>& was);
// Both directions: the values that the other side will agree on, as JSON; empty where only one is wanted. And the
// columns in which a row differs from what was agreed on last.
[[nodiscard]] std::string row_image(const PushPlan& plan, const store::Texts& kept);
[[nodiscard]] std::vector<int> changed_since(const PushPlan& plan, const store::Texts& kept, const std::string& base);
[[nodiscard]] bool has_value(const std::vector<core::OutValue>& values, const std::optional<std::size_t>& field);

// Of all that a row sends, under this definition.
[[nodiscard]] std::int64_t hash_of(const PushPlan& plan, const std::vector<core::OutValue>& values);
// Of the row of a query, as its contract remembers it; 0: it is a table's, or gone.
[[nodiscard]] std::int64_t row_hash(const PushPlan& plan, const store::OutgoingRow& row);
[[nodiscard]] std::string printed(const std::vector<core::OutValue>& values);  // as JSON, to be read again
[[nodiscard]] std::vector<core::OutValue> read_printed(const std::string& json);
[[nodiscard]] std::string iso_now();

}  // namespace tandem::worker
