// Child tables: {"lines[]": {"table", "columns", "parent", "key"}} among the columns of a
// mapping. The elements of an array field become rows of a table of their own, which hold
// the key of the row that the array belongs to. Parsed and checked here; which columns of
// the target that key is, the foreign key says, or else the columns that rows are found by.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "core/mapping/mapping.hpp"

namespace tandem::core {

// Fields of an element that are no fields: the element itself, and its position in the array, from 1.
inline constexpr std::string_view kElement = ".", kPosition = "#";

// A column's entry that is about a table: its field ends with [], and it names no column.
[[nodiscard]] bool is_child_table(std::string_view field, const base::Json& entry);
// lines -> lines[]: as it is called in definitions and messages.
[[nodiscard]] std::string array_name(const ChildTable& child);
[[nodiscard]] std::optional<ChildTable> read_child_table(const std::string& field, const base::Json& entry,
                                                         const std::string& path, Findings& findings);
// What can be told of a mapping's child tables without the catalogs.
void check_children(const Mapping& mapping, Findings& findings);

// Fills in where the parents' columns come from. nullopt: it is known now; else why it cannot be told.
[[nodiscard]] std::optional<Finding> tell_parents(ChildTable& child, const Mapping& mapping, const Target& target,
                                                  const Target& table);
// The columns that tell elements of one array apart.
[[nodiscard]] std::vector<std::string> key_columns(const ChildTable& child);
// As a mapping of its own: what RowBuilder, stamps and checks need to know of it. Has the stamps of `mapping` that the
// table has columns for, and not the parents' columns.
[[nodiscard]] Mapping mapping_of(const ChildTable& child, const Mapping& mapping, const Target& table);
// Everything that is wrong with a child whose parents are told, beside what the catalogs alone know.
[[nodiscard]] Findings check_child(const ChildTable& child, const Mapping& mapping, const Target& target,
                                   const Target& table);
// A finding about its columns tells where in the mapping they stand.
[[nodiscard]] Finding within_child(const ChildTable& child, Finding finding);
// The unique key by which its rows are found; nullptr: there is none, or it is not asked for.
[[nodiscard]] const TargetKey* child_key(const ChildTable& child, const Target& table);

}  // namespace tandem::core
