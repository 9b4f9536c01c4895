#include "store/run_terms.hpp"

namespace tandem::store {

bool run_covers(pg::Sql& sql, std::int64_t run, bool full, const base::Json& params) {
  const pg::Rows rows =
      sql.engine(R"(SELECT ("full" OR NOT $2) AND params @> $3::jsonb FROM tandem._run WHERE run = $1)",
                 {run, full, params.dump()});
  return !rows.empty() && rows.boolean(0, 0);
}

bool is_verification(pg::Sql& sql, std::int64_t run) {
  return sql.engine("SELECT FROM tandem._run WHERE run = $1 AND kind = 'verify'", {run}).processed() > 0;
}

}  // namespace tandem::store
