// A memory context named after the work it serves: created and switched to, left and
// deleted with the scope. Postgres objects live in one of these, C++ objects never do.
// Private to src/pg.
#pragma once

struct MemoryContextData;

namespace tandem::pg {

class MemoryScope {
 public:
  explicit MemoryScope(const char* name);  // a string literal: Postgres keeps the pointer
  ~MemoryScope();
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;
  [[nodiscard]] MemoryContextData* get() const noexcept { return context_; }

 private:
  MemoryContextData* outer_;
  MemoryContextData* context_;
};

}  // namespace tandem::pg
