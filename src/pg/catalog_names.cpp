// Names, roles and privileges: what is asked of the catalogs besides tables.
#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/compat.hpp"
#include "pg/guard.hpp"
#include "pg/memory.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

AclMode privilege(std::string_view word) {
  struct Known {
    std::string_view word;
    AclMode mode;
  };
  static constexpr Known kKnown[] = {
      {"SELECT", ACL_SELECT},     {"INSERT", ACL_INSERT},         {"UPDATE", ACL_UPDATE},   {"DELETE", ACL_DELETE},
      {"TRUNCATE", ACL_TRUNCATE}, {"REFERENCES", ACL_REFERENCES}, {"TRIGGER", ACL_TRIGGER},
  };
  for (const Known& known : kKnown) {
    if (known.word == word) return known.mode;
  }
  throw base::Failure(base::Errc::internal, base::strcat("unknown privilege ", word));
}

// "SELECT, INSERT": all of them.
AclMode privilege_mask(std::string_view list) {
  AclMode mask = ACL_NO_RIGHTS;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view word = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    mask |= privilege(word);
  }
  return mask;
}

std::string or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

}  // namespace

std::string quote_identifier(std::string_view name) {
  const std::string text(name);
  const MemoryScope memory("tandem quoting");
  return call([&] { return ::quote_identifier(text.c_str()); });
}

std::string quote_literal(std::string_view value) {
  const std::string text(value);
  const MemoryScope memory("tandem quoting");
  return call([&] { return quote_literal_cstr(text.c_str()); });
}

Oid role_oid(std::string_view name) {
  const std::string text(name);
  return call([&] { return get_role_oid(text.c_str(), true); });
}

std::string role_name(Oid role) {
  const MemoryScope memory("tandem role name");
  return or_empty(call([role] { return GetUserNameFromId(role, true); }));
}

Oid current_user() { return GetUserId(); }

Oid session_user() { return GetSessionUserId(); }

bool is_superuser(Oid role) {
  return call([role] { return superuser_arg(role); });
}

bool role_can_login(Oid role) {
  return call([role] {
    HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
    if (!HeapTupleIsValid(tuple)) return false;
    const bool can = reinterpret_cast<Form_pg_authid>(GETSTRUCT(tuple))->rolcanlogin;
    ReleaseSysCache(tuple);
    return can;
  });
}

bool has_role(Oid member, Oid role) {
  return call([=] { return has_privs_of_role(member, role); });
}

bool may_use_schema(Oid role, std::string_view schema) {
  const std::string text(schema);
  return call([&] {
    const Oid found = get_namespace_oid(text.c_str(), true);
    return !OidIsValid(found) || compat::may_use_schema(found, role);
  });
}

bool has_table_privilege(Oid role, Oid relation, std::string_view privileges) {
  const AclMode mask = privilege_mask(privileges);
  return call([=] {
    if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation))) return false;
    return pg_class_aclmask(relation, role, mask, ACLMASK_ALL) == mask;
  });
}

std::string database_name() {
  const MemoryScope memory("tandem database name");
  return or_empty(call([] { return get_database_name(MyDatabaseId); }));
}

Oid database_oid() { return MyDatabaseId; }

std::uint64_t system_identifier() { return GetSystemIdentifier(); }

}  // namespace tandem::pg
