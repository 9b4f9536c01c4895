// The parts of validate_mapping, and the names they put into hints.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/mapping.hpp"

namespace tandem::core {

// Columns: there, writable, filled once, NOT NULL satisfied.
void check_columns(const Mapping& mapping, const Target& target, const std::vector<RemoteField>& discovered,
                   Findings& findings);
// Values: what the fields are known to be against what the columns take.
void check_types(const Mapping& mapping, const Target& target, const std::vector<RemoteField>& discovered,
                 Findings& findings);
// Transforms and what goes with them: steps whose results never fit, details without effect, the way back.
void check_transforms(const Mapping& mapping, const Target& target, Findings& findings);
// Rows: how existing ones are found, which keys can refuse new ones.
void check_keys(const Mapping& mapping, const Target& target, Findings& findings);
// The field against those that discovery has seen.
void check_known(const ColumnMapping& mapped, const std::vector<RemoteField>& discovered, Findings& findings);
// Deletes: what delete_mode and its options need of mapping and table.
void check_deletes(const Mapping& mapping, const Target& target, Findings& findings);
void check_deletions(const Mapping& mapping, const Object& object, Findings& findings);

[[nodiscard]] const TargetColumn* find_column(const Target& target, std::string_view name) noexcept;
[[nodiscard]] const ColumnMapping* find_mapped(const Mapping& mapping, std::string_view column) noexcept;
[[nodiscard]] Finding about(const ColumnMapping& column, Severity severity, const char* code, std::string message,
                            std::string hint = {});
// A name as SQL reads it: quoted where it must be.
[[nodiscard]] std::string sql_name(std::string_view name);
[[nodiscard]] std::string sql_literal(std::string_view text);             // 'it''s'
[[nodiscard]] std::string sql_names(std::span<const std::string> names);  // a, "B"

}  // namespace tandem::core
