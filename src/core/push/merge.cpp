#include "core/push/merge.hpp"

#include <algorithm>

namespace tandem::core {

namespace {

enum class Change { none, local, remote, alike, both };

Change change_of(const MergeColumn& column, bool has_base) {
  if (column.local == column.remote) return has_base && column.local == column.base ? Change::none : Change::alike;
  if (!has_base) return Change::both;
  if (column.local == column.base) return Change::remote;
  return column.remote == column.base ? Change::local : Change::both;
}

// Both sides decide alike, so that neither undoes what the other has decided: without times the remote side, which
// both have, is taken.
MergeTake latest(const std::optional<base::Instant>& local, const std::optional<base::Instant>& remote) {
  return local && remote && *local > *remote ? MergeTake::local : MergeTake::remote;
}

MergeTake overrule(ConflictPolicy policy, const MergeRow& row) {
  switch (policy) {
    case ConflictPolicy::local_wins:
      return MergeTake::local;
    case ConflictPolicy::remote_wins:
      return MergeTake::remote;
    case ConflictPolicy::latest_wins:
      return latest(row.local_at, row.remote_at);
    case ConflictPolicy::merge:
    case ConflictPolicy::manual:
      return MergeTake::conflict;
  }
  return MergeTake::conflict;  // not reached: the switch is exhaustive
}

MergeVerdict verdict_of(const std::vector<MergeTake>& columns) {
  const auto any = [&](MergeTake take) { return std::ranges::find(columns, take) != columns.end(); };
  if (any(MergeTake::conflict)) return MergeVerdict::conflict;
  const bool local = any(MergeTake::local), remote = any(MergeTake::remote);
  if (local && remote) return MergeVerdict::both;
  return local ? MergeVerdict::push : remote ? MergeVerdict::pull : MergeVerdict::equal;
}

}  // namespace

Merged merge_row(const MergeRow& row) {
  Merged out;
  std::vector<Change> changes;
  bool local = false, remote = false;
  for (const MergeColumn& column : row.columns) {
    changes.push_back(change_of(column, row.has_base));
    local = local || changes.back() == Change::local || changes.back() == Change::both;
    remote = remote || changes.back() == Change::remote || changes.back() == Change::both;
  }
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    const ConflictPolicy policy = row.columns[i].policy.value_or(row.policy);
    const bool held = local && remote && policy == ConflictPolicy::manual;
    switch (changes[i]) {
      case Change::none:
      case Change::alike:
        out.columns.push_back(MergeTake::equal);
        break;
      case Change::local:
        out.columns.push_back(held ? MergeTake::conflict : MergeTake::local);
        break;
      case Change::remote:
        out.columns.push_back(held ? MergeTake::conflict : MergeTake::remote);
        break;
      case Change::both:
        out.columns.push_back(overrule(policy, row));
        out.overruled = out.overruled || out.columns.back() != MergeTake::conflict;
        break;
    }
  }
  out.verdict = verdict_of(out.columns);
  return out;
}

DeleteVerdict merge_delete(const DeleteAgainstEdit& what, ConflictPolicy policy) noexcept {
  const auto wins = [&](bool local) {
    return what.deleted_locally == local ? DeleteVerdict::remove : DeleteVerdict::restore;
  };
  switch (policy) {
    case ConflictPolicy::local_wins:
      return wins(true);
    case ConflictPolicy::remote_wins:
      return wins(false);
    case ConflictPolicy::latest_wins:
      return what.deleted_at && what.edited_at && *what.deleted_at > *what.edited_at ? DeleteVerdict::remove
                                                                                     : DeleteVerdict::restore;
    case ConflictPolicy::merge:
    case ConflictPolicy::manual:
      return DeleteVerdict::conflict;
  }
  return DeleteVerdict::conflict;  // not reached: the switch is exhaustive
}

bool turns_too_often(std::vector<base::Instant>& flips, base::Instant now, const PingPongLimit& limit) {
  std::erase_if(flips, [&](base::Instant at) { return now.micros - at.micros > limit.within; });
  flips.push_back(now);
  return static_cast<int>(flips.size()) > limit.flips;
}

}  // namespace tandem::core
