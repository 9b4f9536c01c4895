// Part of describe_table: what the catalogs' own caches and indexes say of one relation. Every run asks it before its
// first request, a thousand of them within a second, and a statement costs many times what these look-ups cost.
// Needs no lock on the relation: nothing here opens it. Private to src/pg.
#pragma once

#include <optional>
#include <vector>

#include "pg/catalog.hpp"

namespace tandem::pg {

struct RelationEntry {
  Table table;            // its names, kind, owner, persistence
  bool triggers = false;  // there may be some: foreign keys are triggers, too
};

[[nodiscard]] std::optional<RelationEntry> read_relation(Oid relation);  // nullopt: there is none
// In the order of the table, without dropped ones; `numbered` tells identity columns only.
[[nodiscard]] std::vector<TableColumn> read_columns(Oid relation);
// Of the table's columns. Primary key first, then by name; valid btree indexes without predicate and expressions.
[[nodiscard]] std::vector<UniqueKey> read_unique_keys(const Table& table);

}  // namespace tandem::pg
