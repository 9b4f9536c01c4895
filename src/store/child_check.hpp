// Child tables of a mapping that somebody wants, looked at like its target: they are there,
// the owner may write them, columns and types fit, rows are found without reading all of
// them. Names are written down qualified.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "core/mapping/finding.hpp"
#include "core/mapping/mapping.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/children.hpp"

namespace tandem::store {

struct MappingTable {
  const pg::Table& table;
  const core::Target& target;
  pg::Oid owner = pg::kInvalidOid;
  std::int64_t tenant_id = 0;
};
// A child table cannot be used: which of them, for the others' sake.
class UnusableChild : public base::Failure {
 public:
  UnusableChild(base::Error error, std::string field) : Failure(std::move(error)), field_(std::move(field)) {}
  [[nodiscard]] const std::string& field() const noexcept { return field_; }  // "lines[]"

 private:
  std::string field_;
};
// `columns` as they stand in the definition; gives them back qualified. Throws UnusableChild.
[[nodiscard]] std::vector<ChildRow> check_child_tables(pg::Sql& sql, const MappingTable& parent,
                                                       const core::Mapping& mapping, base::Json& columns,
                                                       core::Findings& findings);
// The column that takes the parent's key can have it, and be looked for. Empty: so it is.
[[nodiscard]] std::vector<base::Error> parent_problems(const pg::Table& table, const pg::Table& parent,
                                                       const core::ChildTable& child);

}  // namespace tandem::store
