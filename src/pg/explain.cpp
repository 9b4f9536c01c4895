#include "pg/explain.hpp"

#include "pg/identity.hpp"

namespace tandem::pg {

Rows explain_by_index_and_hash(Sql& sql, std::string_view explain) {
  const SettingsScope settings(by_index_and_hash_settings());
  return sql.explain(explain, false);
}

}  // namespace tandem::pg
