#include "pg/locks.hpp"

#include "pg/guard.hpp"
#include "pg/postgres.hpp"

namespace tandem::pg {
namespace {

struct Plain {  // what can leave a guarded call
  ExtensionLock lock;
  Oid oid;
  char version[64];
};

// pg_extension read directly: no name of ours can be shadowed, no plan is made.
void read_version(Oid extension, char* version, std::size_t size) {
  Relation relation = table_open(ExtensionRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(extension));
  SysScanDesc scan = systable_beginscan(relation, ExtensionOidIndexId, true, nullptr, 1, &key);
  HeapTuple tuple = systable_getnext(scan);
  if (HeapTupleIsValid(tuple)) {
    bool is_null = false;
    const Datum value = heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(relation), &is_null);
    if (!is_null) strlcpy(version, TextDatumGetCString(value), size);
  }
  systable_endscan(scan);
  table_close(relation, AccessShareLock);
}

}  // namespace

ExtensionState lock_extension(const char* name) {
  const Plain plain = call([name] {
    Plain result{ExtensionLock::absent, get_extension_oid(name, true), {}};
    if (!OidIsValid(result.oid)) return result;
    LOCKTAG tag;
    SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ExtensionRelationId, result.oid, 0);
    if (LockAcquire(&tag, AccessShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL) {
      result.lock = ExtensionLock::busy;
      return result;
    }
    AcceptInvalidationMessages();
    // It may have been dropped (and made again) between the look-up and the lock.
    if (get_extension_oid(name, true) != result.oid) return result;
    result.lock = ExtensionLock::held;
    read_version(result.oid, result.version, sizeof result.version);
    return result;
  });
  return {plain.lock, plain.oid, plain.version};
}

}  // namespace tandem::pg
