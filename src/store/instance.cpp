#include "store/instance.hpp"

#include "base/strings.hpp"

namespace tandem::store {

std::vector<Instance> read_instances(pg::Sql& sql) {
  const pg::Rows rows =
      sql.engine("SELECT system_identifier, database_oid, instance, paused_reason, adopted_at FROM tandem._instance");
  std::vector<Instance> instances;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Instance& instance = instances.emplace_back();
    instance.identity = {rows.text(i, 0), static_cast<pg::Oid>(rows.integer(i, 1)), rows.text(i, 2)};
    instance.paused_reason = rows.text_or_null(i, 3);
    instance.adopted_at = rows.instant(i, 4);
  }
  return instances;
}

void pause(pg::Sql& sql, std::string_view reason) {
  sql.engine("UPDATE tandem._instance SET paused_reason = $1", {reason});
}

bool pause_by_person(pg::Sql& sql, std::string_view role) {
  return sql.engine("UPDATE tandem._instance SET paused_reason = $1 WHERE paused_reason IS NULL",
                    {base::strcat("paused by ", role)})
             .processed() > 0;
}

bool resume_by_person(pg::Sql& sql) {
  return sql.engine("UPDATE tandem._instance SET paused_reason = NULL WHERE paused_reason LIKE 'paused by %'")
             .processed() > 0;
}

void adopt(pg::Sql& sql, const Identity& identity) {
  sql.engine("DELETE FROM tandem._instance");
  sql.engine(
      "INSERT INTO tandem._instance (system_identifier, database_oid, instance, adopted_at) "
      "VALUES ($1, $2, $3, clock_timestamp())",
      {identity.system_identifier, pg::Param::oid(identity.database), identity.name});
}

}  // namespace tandem::store
