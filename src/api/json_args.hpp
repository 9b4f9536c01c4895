// What the SQL functions share: whose call it is, jsonb arguments as JSON values, and
// findings as what the caller gets to see (an error, warnings, or rows).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "core/mapping/finding.hpp"
#include "pg/function_call.hpp"
#include "pg/sql.hpp"
#include "store/tenants.hpp"

namespace tandem::api {

// One call: its SPI connection and the tenant it is about. Results are made after it is gone: while
// it lives, Postgres's memory belongs to SPI.
struct Caller {
  pg::CallerSpi sql;
  store::Tenant tenant;
  // `tenant_argument`: position of `tenant`; NULL stands for the current one.
  Caller(const pg::FunctionCall& call, int tenant_argument);
};

// A jsonb argument; nullopt when it is NULL.
[[nodiscard]] std::optional<base::Json> json_argument(const pg::FunctionCall& call, int i, std::string_view name);
// The same, which must be an object.
[[nodiscard]] std::optional<base::Json> object_argument(const pg::FunctionCall& call, int i, std::string_view name);
[[nodiscard]] base::Json required_object(const pg::FunctionCall& call, int i, std::string_view name);
// Text of an object argument as it was given; "{}" when NULL. For what is only stored.
[[nodiscard]] std::string object_text(const pg::FunctionCall& call, int i, std::string_view name);
[[nodiscard]] bool boolean_argument(const pg::FunctionCall& call, int i, bool if_null);
// A name for a new thing: not empty, no control characters, at most 200 characters.
[[nodiscard]] std::string name_argument(const pg::FunctionCall& call, int i, std::string_view name);
void check_name(std::string_view value, std::string_view name);

// "objects.customers.paging.style: unknown value ..."; the path, when the message does not name the thing itself.
[[nodiscard]] std::string text_of(const core::Finding& finding);
// Throws the first error as 22023, `prefix` in front; warnings go to the client.
void raise(const core::Findings& findings, std::string_view prefix);
// Rows (severity, path, message, hint).
[[nodiscard]] std::vector<std::vector<pg::Out>> rows_by_path(const core::Findings& findings);
// Rows (severity, code, field, column_name, message, hint).
[[nodiscard]] std::vector<std::vector<pg::Out>> rows_by_column(const core::Findings& findings);

// Metadata after alter_*(…, changes): argument `i` of the call, read before as `changes`.
[[nodiscard]] std::string patched_metadata(Caller& caller, const std::string& before, const base::Json& changes,
                                           const pg::FunctionCall& call, int i);

// Of a name that is taken: a notice, or else the error.
void skip_existing(std::string_view kind, std::string_view name, bool if_not_exists);
[[nodiscard]] base::Failure already_exists(std::string_view kind, std::string_view name);

}  // namespace tandem::api
