#include "store/outbox_entries.hpp"

#include <algorithm>
#include <string_view>

#include "base/strings.hpp"
#include "store/number_array.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view kEntry =
    " o.seq, o.op::text, o.txid::text, o.at, coalesce(o.key_columns::text, ''), coalesce(o.keys::text, ''),"
    " coalesce(o.old_keys::text, ''), coalesce('\\x' || encode(o.changed, 'hex'), ''), coalesce(o.origin, 0)";

std::vector<core::CapturedEntry> entries_of(const pg::Rows& rows) {
  std::vector<core::CapturedEntry> entries;
  entries.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    entries.push_back({.seq = rows.integer(i, 0),
                       .op = rows.text(i, 1).front(),
                       .txid = rows.text(i, 2),
                       .at = rows.instant(i, 3),
                       .key_columns = read_numbers(rows.text(i, 4)),
                       .keys = rows.text(i, 5),
                       .old_keys = rows.text(i, 6),
                       .changed = rows.text(i, 7),
                       .origin = rows.integer(i, 8)});
  std::ranges::sort(entries, {}, &core::CapturedEntry::seq);
  return entries;
}

}  // namespace

std::vector<core::CapturedEntry> take_entries(pg::Sql& sql, pg::Oid table, std::int64_t limit) {
  return entries_of(sql.engine(base::strcat(R"(
    DELETE FROM tandem._outbox o
     WHERE o."table" = $1::oid
       AND o.seq = ANY (ARRAY(SELECT e.seq FROM tandem._outbox e WHERE e."table" = $1::oid
                               ORDER BY e.seq LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING)",
                                            kEntry),
                               {static_cast<std::int64_t>(table), limit}));
}

std::vector<core::CapturedEntry> look_at_entries(pg::Sql& sql, pg::Oid table, std::int64_t limit) {
  return entries_of(sql.engine(
      base::strcat("SELECT", kEntry, " FROM tandem._outbox o WHERE o.\"table\" = $1::oid ORDER BY o.seq LIMIT $2"),
      {static_cast<std::int64_t>(table), limit}));
}

}  // namespace tandem::store
