#include "pg/databases.hpp"

#include "pg/guard.hpp"
#include "pg/postgres.hpp"

namespace tandem::pg {

std::vector<Oid> list_databases() {
  struct Found {
    Oid* oids;
    std::size_t count;
  };
  // A heap scan, as the autovacuum launcher does it: without a database SPI has no catalogs to plan with.
  const Found found = call([] {
    Relation relation = table_open(DatabaseRelationId, AccessShareLock);
    TableScanDesc scan = table_beginscan_catalog(relation, 0, nullptr);
    std::size_t room = 16;
    Found result{static_cast<Oid*>(palloc(room * sizeof(Oid))), 0};
    while (HeapTuple tuple = heap_getnext(scan, ForwardScanDirection)) {
      const auto* row = reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple));
      if (!row->datallowconn || row->datistemplate || row->datconnlimit == DATCONNLIMIT_INVALID_DB) continue;
      if (result.count == room) {
        room *= 2;
        result.oids = static_cast<Oid*>(repalloc(result.oids, room * sizeof(Oid)));
      }
      result.oids[result.count++] = row->oid;
    }
    table_endscan(scan);
    table_close(relation, AccessShareLock);
    return result;
  });
  std::vector<Oid> databases(found.oids, found.oids + found.count);
  pfree(found.oids);
  return databases;
}

std::string name_of_database(Oid database) {
  const char* name = call([database] { return static_cast<const char*>(get_database_name(database)); });
  return name == nullptr ? std::string() : std::string(name);
}

bool owns_current_database() {
  return call([] { return static_cast<bool>(pg_database_ownercheck(MyDatabaseId, GetUserId())); });
}

bool may_monitor() {
  return call([] { return superuser() || has_privs_of_role(GetUserId(), ROLE_PG_MONITOR); });
}

}  // namespace tandem::pg
