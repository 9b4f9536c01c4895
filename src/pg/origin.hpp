// Whose rows a statement writes: while an AppliedBy lives, what the engine's own statements do to that table is the
// work of a mapping and no local change, and the capture trigger marks it so. Only the statement's own triggers see it:
// what triggers of users do (one level deeper, or at commit, when no AppliedBy is alive any more) are local changes.
// State of this process and nothing that a session could set.
#pragma once

#include <cstdint>

#include "pg/types.hpp"

namespace tandem::pg {

struct Origin {
  std::int64_t mapping = 0;  // 0: none
  Oid table = kInvalidOid;
  int depth = 0;  // of triggers, where the statement's own triggers run
};

// Around one statement, in the innermost scope: it must have ended before the transaction commits.
class AppliedBy {
 public:
  AppliedBy(std::int64_t mapping, Oid table);
  ~AppliedBy();
  AppliedBy(const AppliedBy&) = delete;
  AppliedBy& operator=(const AppliedBy&) = delete;

 private:
  Origin outer_;
};

// The mapping whose statement fired the trigger that runs now, on this table; 0: a local change.
[[nodiscard]] std::int64_t origin_of_change(Oid table) noexcept;

}  // namespace tandem::pg
