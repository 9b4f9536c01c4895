#include "pg/memory.hpp"

#include "pg/guard.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

MemoryScope::MemoryScope(const char* name)
    : outer_(CurrentMemoryContext),
      context_(
          call([name] { return AllocSetContextCreateInternal(CurrentMemoryContext, name, ALLOCSET_DEFAULT_SIZES); })) {
  MemoryContextSwitchTo(context_);
}

MemoryScope::~MemoryScope() {
  MemoryContextSwitchTo(outer_);
  MemoryContextDelete(context_);
}

}  // namespace tandem::pg
