// Table _field: what discovery found out about the fields of an object, kept so that
// validation need not ask the network.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/infer.hpp"
#include "core/mapping/mapping.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// Replaces what was known about the object.
void save_fields(pg::Sql& sql, std::int64_t connection_id, std::string_view object,
                 const std::vector<core::InferredField>& fields);
// In the order they were found; empty when discovery has not looked yet.
[[nodiscard]] std::vector<core::RemoteField> load_fields(pg::Sql& sql, std::int64_t connection_id,
                                                         std::string_view object);
// Forgets everything discovered about a connection: another address may serve other fields.
void forget_fields(pg::Sql& sql, std::int64_t connection_id);

}  // namespace tandem::store
