// Where a reference finds local keys: the other mapping's table, how its rows are found by
// the ids of their records, and which column is their key. Made once per run; the looking
// up is one statement per page and reference, as the owner, over the ids of the page.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"
#include "core/rows/local_key.hpp"
#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "pg/staging.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct ReferencePlan {
  std::size_t column = 0;  // in the mapping's columns
  core::Reference reference;
  std::int64_t parent_id = 0;
  bool self = false;        // records of the mapping refer to each other
  bool required = false;    // the column must have a value
  bool fill_later = false;  // the mappings refer to each other: a row goes in without it first
  base::ColumnType column_type, key_type;
  pg::Table table;  // the parent's
  std::unique_ptr<core::LocalKey> ids;
  std::vector<pg::StagedColumn> staged;
  std::string find;
};

// Throws Failure when the other mapping is not there or its rows cannot be found.
[[nodiscard]] std::vector<ReferencePlan> make_reference_plans(pg::Sql& sql, const RunSpec& spec,
                                                              const core::Mapping& mapping, const core::Target& target,
                                                              pg::Oid owner);

// The local key of each id, as text; nullopt: there is no such row (yet).
[[nodiscard]] std::vector<std::optional<std::string>> find_local_keys(pg::Sql& sql, const ReferencePlan& plan,
                                                                      const std::vector<std::string_view>& ids);

// What create_mapping and validate_mapping have to say about a reference.
struct ReferenceRow {
  std::string mapping;  // that refers
  std::int64_t tenant_id = 0;
  pg::Oid owner = pg::kInvalidOid;
};
[[nodiscard]] core::Findings check_references(pg::Sql& sql, const ReferenceRow& row, const core::Mapping& mapping,
                                              const core::Target& target);

// The other side of a reference as the way out needs it; nullopt: there is no such mapping, or its table is gone.
struct Referred {
  std::int64_t mapping_id = 0;
  pg::Table table;
  core::Mapping mapping;
  std::string key;  // the column that references hold; "": it cannot be told
};
[[nodiscard]] std::optional<Referred> find_referred(pg::Sql& sql, std::int64_t tenant_id,
                                                    const core::Reference& reference);

}  // namespace tandem::store
