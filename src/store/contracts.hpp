// What was last seen of each record at the source: a contract per mapping and origin id.
// The gate in front of a page: records whose hash is the stored one are not converted, not
// compared, not written, and cost no WAL. Kept for full listings and where rows may be
// deleted; other incremental pulls derive what they need from the target itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/rows/rows.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

// Those of `rows` that are new or differ from what is stored, in their order.
[[nodiscard]] std::vector<core::Identity> changed_since_last_seen(pg::Sql& sql, std::int64_t mapping,
                                                                  std::span<const core::Identity> rows);

// The same, for a listing that proves what is gone.
struct Known {
  std::vector<bool> same;              // per row: its contract has this hash
  std::vector<bool> there;             // per row: it has a contract whose record was there so far
  std::vector<std::int64_t> ordinals;  // of the contracts there are, those of records that come back included
};
[[nodiscard]] Known known_contracts(pg::Sql& sql, std::int64_t mapping, std::span<const core::Identity> rows);

// What a contract holds beside id and hash; empty: null.
struct Extra {
  std::string_view local_key, remote_version;
};
// Remembers `rows` as last seen; `extras` has one for each of them, or none at all. `fresh`: none of them has a
// contract yet, as far as is known; false as soon as that turns out to be wrong.
void remember(pg::Sql& sql, std::int64_t mapping, std::span<const core::Identity> rows, std::span<const Extra> extras,
              bool& fresh);

// Nothing was seen: the next listing writes everything.
void forget_all(pg::Sql& sql, std::int64_t mapping);
// What contracts are about: rows of this table, found by these columns, for records with these key fields.
[[nodiscard]] std::string contract_key(std::int64_t table, const std::vector<std::string>& key,
                                       const std::vector<std::string>& match_on);
// Contracts of another key mean nothing: they are forgotten when `key` is not what the mapping's are about.
void keep_contracts_of(pg::Sql& sql, RunSpec& spec, std::string_view key);
// Columns of the table have got other names: what the contracts are about is the same.
void follow_renamed_columns(pg::Sql& sql, std::int64_t mapping, const std::vector<std::string>& before,
                            const std::vector<std::string>& now);

}  // namespace tandem::store
