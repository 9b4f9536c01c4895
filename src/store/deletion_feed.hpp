// What is kept about feeds of deletions: which entries were judged before, what the listing
// has shown that they may be about, and for how long.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct FeedKey {
  std::string origin_id, at;  // of an entry: whose, and its cursor
};
// Per entry, whether it was judged before.
[[nodiscard]] std::vector<bool> judged_before(pg::Sql& sql, std::int64_t mapping, const std::vector<FeedKey>& entries);
// They are judged now; `pass` is the reading that has shown them.
void keep_judged(pg::Sql& sql, std::int64_t mapping, std::int64_t pass, const std::vector<FeedKey>& entries);
// A complete reading has not shown them: none will again.
void forget_judged(pg::Sql& sql, std::int64_t mapping, std::int64_t pass);

struct FeedContract {
  std::string origin_id;
  std::int64_t ordinal = 0;
};
// Of these ids, the contracts whose records were there so far.
[[nodiscard]] std::vector<FeedContract> feed_contracts(pg::Sql& sql, std::int64_t mapping,
                                                       const std::vector<std::string>& origin_ids);
[[nodiscard]] bool has_contracts(pg::Sql& sql, std::int64_t mapping);

// A reading begins: nothing was seen yet, and nobody goes on where an earlier one has stopped.
void begin_pass(pg::Sql& sql, const RunSpec& spec);
// What earlier runs of the mapping have seen becomes this run's, which goes on where they have stopped.
void adopt_seen(pg::Sql& sql, const RunSpec& spec);

}  // namespace tandem::store
