// Every difference between the supported major versions (15 to 18), one inline function
// each, so that no other file asks for PG_VERSION_NUM. Included after pg/postgres.hpp.
#pragma once

#include "pg/postgres.hpp"

#if PG_VERSION_NUM < 150000
#error "pg_tandem needs PostgreSQL 15 or newer"
#endif

namespace tandem::pg::compat {

// 17 puts a set under a resource owner instead of a memory context; none means: until it is freed.
inline WaitEventSet* create_wait_event_set(int events) {
#if PG_VERSION_NUM >= 170000
  return CreateWaitEventSet(nullptr, events);
#else
  return CreateWaitEventSet(TopMemoryContext, events);
#endif
}

// 17 lets an extension name its wait event; before, all extensions share one.
inline std::uint32_t wait_event() {
#if PG_VERSION_NUM >= 170000
  static std::uint32_t event = 0;
  if (event == 0) event = WaitEventExtensionNew("TandemLoop");
  return event;
#else
  return PG_WAIT_EXTENSION;
#endif
}

// 17 lets a background worker connect as a role that may not log in.
constexpr bool kWorkersMayBypassLogin = PG_VERSION_NUM >= 170000;
#if PG_VERSION_NUM >= 170000
constexpr std::uint32_t kConnectFlags = BGWORKER_BYPASS_ROLELOGINCHECK;
#else
constexpr std::uint32_t kConnectFlags = 0;
#endif

}  // namespace tandem::pg::compat
