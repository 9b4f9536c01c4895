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

// 16 gives the walker its arguments; before, it is declared without.
inline bool walk_expression(Node* node, bool (*walker)(Node*, void*), void* context) {
#if PG_VERSION_NUM >= 160000
  return expression_tree_walker(node, walker, context);
#else
  return expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(walker)), context);
#endif
}

// 16 asks all kinds of objects by one function.
inline bool may_execute(Oid function, Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK;
#else
  return pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK;
#endif
}

inline bool may_use_schema(Oid schema, Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_aclcheck(NamespaceRelationId, schema, role, ACL_USAGE) == ACLCHECK_OK;
#else
  return pg_namespace_aclcheck(schema, role, ACL_USAGE) == ACLCHECK_OK;
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
