// The life of a push run as rows, as far as it differs from other runs: it is opened by the
// turn that finds something to send, and counted turn by turn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct OpenedRun {
  enum class Kind { opened, nothing, held, pending, unusable };
  Kind kind = Kind::nothing;
  std::int64_t run = 0, epoch = 0;
  std::optional<base::Instant> until = {};  // held
};
// Opens a run of the mapping, where something was captured or is due. pending: there is one that is to be taken
// instead. unusable: mapping or connection are not what they were, paused or gone.
[[nodiscard]] OpenedRun open_push_run(pg::Sql& sql, const RunSpec& like, std::int64_t boot_id, pg::Pid pid);

// Whether a run that is under way may send more: mapping and connection are what they were, nobody has paused or
// disabled them, and the other side is not to be left alone.
[[nodiscard]] bool may_go_on(pg::Sql& sql, const RunSpec& spec);

struct AccountedPush {
  bool ours = true;  // as in account_page
  bool cancel_requested = false;
  bool widened = false;  // from now on it is a full one
};
// Adds the counters of a turn. Part of its transaction. `may_widen`: it can become a full one, if somebody has asked.
[[nodiscard]] AccountedPush account_push(pg::Sql& sql, const RunSpec& spec, const Counters& turn,
                                         const std::optional<base::Json>& position, bool may_widen);
// How often in a row it is held, this time included, of a connection that stayed what it was; something has gone.
[[nodiscard]] std::int64_t count_hold(pg::Sql& sql, const RunSpec& spec);
void forget_holds(pg::Sql& sql, const RunSpec& spec);
// The other side has said that it wants nothing any more: until a person resumes the mapping.
void pause_unwanted(pg::Sql& sql, const RunSpec& spec, std::string_view why);
// Nothing goes of the mapping until then: the other side is not there, or wants to be left alone.
// A push that is under way is to look at all rows, too: it becomes a full one, or one follows it. False: there is none.
bool widen_push(pg::Sql& sql, std::int64_t mapping_id);
void hold_push(pg::Sql& sql, const RunSpec& spec, base::Instant until, std::string_view why);
// Whether a run that was asked for while this one was under way is to be taken next.
[[nodiscard]] bool push_waits(pg::Sql& sql, std::int64_t mapping_id);
// When the last pull of the mapping that got to its end began, and when it had ended.
struct Look {
  base::Instant began, ended;
};
[[nodiscard]] std::optional<Look> last_look(pg::Sql& sql, std::int64_t mapping_id);
// A pull on behalf of changes that wait for it (waits_for_pull), unless there is one that is still to begin.
void request_look(pg::Sql& sql, std::int64_t mapping_id);
[[nodiscard]] std::string waits_for_pull(std::int64_t mapping_id);
// All rows are to be looked at once more, by the next run, or the one after that which is under way.
void request_full_push(pg::Sql& sql, std::int64_t mapping_id);

}  // namespace tandem::store
