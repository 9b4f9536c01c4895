// What the verbs for errors do about local changes: a change that has an error stands in the
// outbox, parked or ambiguous, and what a person says of the error decides what becomes of it.
#pragma once

#include <cstdint>
#include <string>

#include "pg/sql.hpp"
#include "store/mappings.hpp"

namespace tandem::api {

// The row that the error is about is this record of the other side; gives the row's key, by which all its errors are
// known. Throws Failure(prerequisite) where the error is
// not about a change that waits.
[[nodiscard]] std::string tell_record(pg::Sql& sql, const store::MappingRow& mapping, std::int64_t error,
                                      const std::string& remote_id);

}  // namespace tandem::api
