// Which pending runs have to let another one go first. One place for it: the worker that
// takes runs and the scheduler that starts workers must agree, or one would wait for what
// the other never does.
#pragma once

#include <string_view>

namespace tandem::store {

// Of `r` in tandem._run and `m`, its mapping. A mapping reads its source and tries failed records again one after the
// other; and it lets those go first that it refers to, as far as they were asked for before it or together with it. A
// run that cannot begin, and one that was asked for later, holds nobody up. Local changes go out beside all that.
// All that wait are put in line once: looked up one by one they would be read as often as there are some, where the
// statement was planned when there were none.
inline constexpr std::string_view kIsNext = R"(
       AND r.run NOT IN (
         SELECT q.run
           FROM (SELECT o.run, row_number() OVER (PARTITION BY o.mapping_id, o.kind = 'push' ORDER BY o.status = 'pending', o.run) AS place
                   FROM tandem._run o WHERE o.status IN ('pending', 'running')) q
          WHERE q.place > 1)
       AND (m.waits_on = '{}' OR r.kind = 'push' OR NOT EXISTS (
         SELECT FROM tandem._run o
           JOIN tandem._mapping om ON om.mapping_id = o.mapping_id
           JOIN tandem._connection oc ON oc.connection_id = om.connection_id
          WHERE o.mapping_id = ANY (m.waits_on) AND o.kind <> 'push' AND o.requested_at <= r.requested_at
            AND (o.status = 'running'
                 OR o.status = 'pending' AND NOT o.cancel_requested AND (o.not_before IS NULL OR o.not_before <= now())
                    AND om.enabled AND NOT om.paused AND oc.enabled AND NOT oc.paused))))";

}  // namespace tandem::store
