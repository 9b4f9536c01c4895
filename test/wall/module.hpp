// What the files of the test-only module share: it exercises src/pg from SQL functions
// and from a background worker, and uses Postgres directly where a test must.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace wall {

// Counts the destructors that ran: one that a jump skipped is missing.
struct Counted {
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted();
};
extern std::int64_t g_destroyed;

inline void expect(bool holds, std::string_view what) {
  if (!holds) throw tandem::base::Failure(tandem::base::Errc::internal, "expectation failed: " + std::string(what));
}

[[nodiscard]] std::int64_t allocated_bytes();  // of all memory contexts
[[nodiscard]] std::int64_t resident_bytes();   // of the process

}  // namespace wall
