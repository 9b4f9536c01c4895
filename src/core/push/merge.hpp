// Two-way: what becomes of a row that was changed on both sides, or looks as if it were.
// Column by column against the base, which is how both sides last agreed on it: changed on
// one side only is taken from there, changed alike on both is no conflict, changed
// differently goes by the policy. Texts are as both sides print them, so that equal means
// equal. Deterministic, and the same whichever side decides: two sides that stop changing
// agree after at most two exchanges.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "core/mapping/mapping.hpp"

namespace tandem::core {

// What the policies mean here, of one column that both sides changed differently:
//   local_wins, remote_wins  that side's value; latest_wins  that of the side whose row changed later, where the times
//   are equal or not known the remote side's; merge  a conflict; manual  a conflict, and so are all columns of a row
//   that both sides changed, were it in different ones.

// A column as it was and as it is now: nullopt is null. Absent (no value known) has no place here: leave it out.
struct MergeColumn {
  std::optional<std::string_view> base = {}, local = {}, remote = {};
  std::optional<ConflictPolicy> policy = {};  // of this column; nullopt: the row's
};

enum class MergeTake { equal, local, remote, conflict };

enum class MergeVerdict {
  equal,     // both sides have the same: only the base moves on
  pull,      // the local row becomes the remote record
  push,      // the other way round
  both,      // some columns go one way and some the other
  conflict,  // a person decides; nothing is written
};

struct Merged {
  std::vector<MergeTake> columns = {};  // one for each given
  MergeVerdict verdict = MergeVerdict::equal;
  // Something was decided by the policy: the loser's value is gone on its side.
  bool overruled = false;
};

struct MergeRow {
  std::span<const MergeColumn> columns = {};
  bool has_base = true;  // false: they never agreed; what differs was changed on both sides
  ConflictPolicy policy = ConflictPolicy::latest_wins;
  std::optional<base::Instant> local_at = {}, remote_at = {};  // of the last change; latest_wins
};
[[nodiscard]] Merged merge_row(const MergeRow& row);

// One side deleted the record that the other has changed since both last agreed.
enum class DeleteVerdict {
  remove,    // also on the side that edited it
  restore,   // make it anew on the side that deleted it
  conflict,  // a person decides
};
struct DeleteAgainstEdit {
  bool deleted_locally = false;  // else it was deleted at the other side
  std::optional<base::Instant> deleted_at = {}, edited_at = {};
};
// latest_wins: where the times are equal or not known the edit wins, for what was deleted cannot be had back. merge: a
// conflict.
[[nodiscard]] DeleteVerdict merge_delete(const DeleteAgainstEdit& what, ConflictPolicy policy) noexcept;

// A row that goes to and fro although nobody edits it: the sides disagree about how its values are written, and what
// was sent is changed there and changed back here, again and again. By schedules of minutes or hours, hence the long
// time.
struct PingPongLimit {
  int flips = 6;
  base::Micros within = 24 * 3600 * base::kSecond;
};
// `flips`: when the row was sent what it had been sent before, the oldest first; those that are too old are dropped and
// `now` is added. True: stop, and let a person look.
[[nodiscard]] bool turns_too_often(std::vector<base::Instant>& flips, base::Instant now, const PingPongLimit& limit);

}  // namespace tandem::core
