// Contracts as pushes need them: which record of the other side a local row is, what was
// acknowledged of it, and the settling of what is acknowledged now. The same table as the
// pull's (store/contracts.hpp), for both directions of a mapping share them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "pg/sql.hpp"

namespace tandem::store {

// One of the two; neither: nothing can be known of that row.
struct ContractRef {
  std::string origin_id = {};
  std::string local_key = {};  // JSON text, {"id": "5"}
};

struct PushContract {
  std::string origin_id;
  bool deleted = false;
  std::optional<std::string> remote_version;
  std::optional<std::int64_t> sent_hash;
  std::optional<std::string> base;  // JSON text
  std::optional<base::Instant> acknowledged_at;
  std::vector<base::Instant> flips = {};  // when it was sent what it had been sent before
};
// Beside the refs. Where a row was deleted there and made anew, the one that is alive.
[[nodiscard]] std::vector<std::optional<PushContract>> find_push_contracts(pg::Sql& sql, std::int64_t mapping_id,
                                                                           const std::vector<ContractRef>& refs);

struct Acknowledged {
  std::string origin_id;
  std::string local_key = {};  // JSON text; empty: the origin id says it all
  char action = 'u';           // c u d
  std::string remote_version = {};
  std::int64_t sent_hash = 0;
  std::int64_t row_hash = 0;  // of the row of a query that was sent (store/source_comparison.hpp); 0: as it was
  std::string base = {};      // JSON text; empty: none is kept
};
// In the transaction that settles the items.
void acknowledge(pg::Sql& sql, std::int64_t mapping_id, const std::vector<Acknowledged>& records);

// Rows of a query that differ from what was compared last in nothing that is sent.
struct SeenRow {
  std::string origin_id;
  std::int64_t hash = 0;
};
void remember_rows(pg::Sql& sql, std::int64_t mapping_id, const std::vector<SeenRow>& rows);

// Of records that have a contract: what both sides agree on from now on, as JSON text.
struct AgreedBase {
  std::string origin_id, base;
};
void remember_bases(pg::Sql& sql, std::int64_t mapping_id, const std::vector<AgreedBase>& agreed);

void remember_flips(pg::Sql& sql, std::int64_t mapping_id, const std::string& origin_id,
                    const std::vector<base::Instant>& flips);
// The next change goes without a condition: somebody else has changed the record, and ours is to stand.
void forget_versions(pg::Sql& sql, std::int64_t mapping_id, const std::vector<std::string>& origin_ids);

}  // namespace tandem::store
