#include "store/mapping_mates.hpp"

namespace tandem::store {

std::vector<std::string> mates_on_table(pg::Sql& sql, const MappingRow& row, bool deletes) {
  return sql
      .engine(R"(
    SELECT m.name FROM tandem._mapping m
     WHERE m.tenant_id = $1 AND m.target = $2 AND m.name <> $3 AND (m.connection_id, m.object) <> ($4, $5)
       AND m.definition ->> 'direction' <> 'push'
       AND ($6 OR m.definition ->> 'delete_mode' IN ('hard', 'soft'))
     ORDER BY m.name)",
              {row.tenant_id, pg::Param::oid(row.target), row.name, row.connection_id, row.object, deletes})
      .texts(0);
}

std::vector<std::string> mappings_referring_to(pg::Sql& sql, const MappingRow& row) {
  return sql
      .engine(
          "SELECT name FROM tandem._mapping WHERE tenant_id = $1 AND refers_to @> ARRAY[$2] AND name <> $2 ORDER BY 1",
          {row.tenant_id, row.name})
      .texts(0);
}

}  // namespace tandem::store
