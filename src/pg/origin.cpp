#include "pg/origin.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

constinit Origin current{};

// Reads a counter: cannot raise.
int trigger_depth() noexcept { return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, 0)); }

}  // namespace

AppliedBy::AppliedBy(std::int64_t mapping, Oid table) : outer_(current) {
  current = {mapping, table, trigger_depth() + 1};
}

AppliedBy::~AppliedBy() { current = outer_; }

std::int64_t origin_of_change(Oid table) noexcept {
  return current.mapping != 0 && current.table == table && current.depth == trigger_depth() ? current.mapping : 0;
}

}  // namespace tandem::pg
