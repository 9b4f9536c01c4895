// Table _sync_error as people use it: report an error, list errors, say that they are
// dealt with. What runs find is written by store/faults.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/function_call.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

struct ReportedError {
  std::string error_type, message;
  std::optional<std::string> record;  // jsonb, as text
  bool retryable = true;
};
// What an application reports: it belongs to no run.
std::int64_t record_error(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const ReportedError& error);

// Rows of view sync_errors, in its column order, newest first.
[[nodiscard]] std::vector<std::vector<pg::Out>> list_errors(pg::Sql& sql, std::int64_t tenant_id,
                                                            std::optional<std::string> mapping, bool include_resolved,
                                                            std::int64_t max_rows);

// The mapping an error belongs to; nullopt when there is no such error in the tenant.
[[nodiscard]] std::optional<std::int64_t> mapping_of_error(pg::Sql& sql, std::int64_t tenant_id, std::int64_t error);
[[nodiscard]] std::string code_of_error(pg::Sql& sql, std::int64_t error);
// False when it was resolved before.
bool resolve_error(pg::Sql& sql, std::int64_t tenant_id, std::int64_t error, std::string_view by,
                   std::optional<std::string> notes);
// All open ones of a record of the mapping.
void resolve_errors_of(pg::Sql& sql, std::int64_t mapping_id, const std::string& origin_id, std::string_view by,
                       std::optional<std::string> notes);
struct ErrorFilter {
  std::optional<std::string> code, error_type;
  std::optional<base::Instant> before;  // created before
};
// How many were open.
std::uint64_t resolve_errors(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id, const ErrorFilter& filter,
                             std::string_view by, std::optional<std::string> notes);

}  // namespace tandem::store
