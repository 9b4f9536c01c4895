// Table _capture: which tables' changes are captured, by which columns rows are known, and whose workers are woken.
// Derived from the mappings that push a table, whenever one of them is made, changed, dropped, switched on or off; the
// triggers on the table are derived with it. A table that no mapping pushes any more is left as it was before.
#pragma once

#include "pg/sql.hpp"
#include "pg/types.hpp"

namespace tandem::store {

// Of one table. As the caller, who must own it where a trigger has to be made, repaired or dropped; then the table is
// locked against writers until the transaction ends: none of them may have looked before and commit after.
void refresh_capture(pg::Sql& sql, pg::Oid table);
// Of all tables; what cannot be made is left to refresh_capture, and mapping_status says it. For adopt().
void refresh_all_captures(pg::Sql& sql);
// Of the tables that the command of the running event trigger has altered: another primary key may tell their rows
// apart. Triggers that somebody has switched off stay off.
void follow_altered_keys(pg::Sql& sql);
// Only who is woken: mappings, connections or everything were paused, resumed, switched on or off.
void refresh_pushers(pg::Sql& sql);

}  // namespace tandem::store
